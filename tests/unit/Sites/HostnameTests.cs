using System.Text;
using CaptchaCluster.Sites;
using CaptchaCluster.Tests.Unit.Tokens;

namespace CaptchaCluster.Tests.Unit.Sites;

public sealed class HostnameTests
{
    [Theory]
    [InlineData("example.com")]
    [InlineData("localhost")]
    [InlineData("a.b.c.d.example.co.uk")]
    [InlineData("xn--p1ai")]
    [InlineData("_dmarc.example.com")]
    [InlineData("1.example")]
    [InlineData("a1")]
    [InlineData("3com.com")]
    [InlineData("192.0.2.1")]
    [InlineData("2001:db8::1")]
    [InlineData("::1")]
    [InlineData("::ffff:192.0.2.1")]
    public void Host_names_and_addresses_in_canonical_form_are_taken_as_they_are(string text)
    {
        Assert.True(Hostname.TryParse(text, out Hostname hostname));
        Assert.Equal(text, hostname.ToString());
        Assert.True(hostname.Covers(Encoding.ASCII.GetBytes(text)));
    }

    [Theory]
    [InlineData("Example.COM", "example.com")]
    [InlineData("2001:DB8::A", "2001:db8::a")]
    public void Letter_case_does_not_matter(string text, string canonical)
    {
        Assert.True(Hostname.TryParse(text, out Hostname hostname));
        Assert.Equal(canonical, hostname.ToString());
        Assert.Equal(TokenSamples.HostnameOf(canonical), hostname);
        Assert.Equal(TokenSamples.HostnameOf(canonical).GetHashCode(), hostname.GetHashCode());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(".")]
    [InlineData("example.com.")]
    [InlineData(".example.com")]
    [InlineData("a..b")]
    [InlineData("*.example.com")]
    [InlineData("*")]
    [InlineData("https://example.com")]
    [InlineData("example.com/path")]
    [InlineData("example.com:443")]
    [InlineData("example.com?x")]
    [InlineData("user@example.com")]
    [InlineData(" example.com")]
    [InlineData("example.com\n")]
    [InlineData("exa mple.com")]
    [InlineData("example.com\0")]
    [InlineData("exa\"mple.com")]
    [InlineData("exa\\mple.com")]
    [InlineData("-a.example")]
    [InlineData("a-.example")]
    [InlineData("bücher.example")]
    [InlineData("\u212aelvin.example")] // the Kelvin sign, whose lower case is k
    [InlineData("example\u3002com")]
    [InlineData("192.0.2")]
    [InlineData("192.0.2.256")]
    [InlineData("192.0.2.01")]
    [InlineData("0xc0.0.2.1")]
    [InlineData("3221225985")]
    [InlineData("192.0.2.1:80")]
    [InlineData("1.2.3.4.5")]
    [InlineData("example.1")]
    [InlineData("[2001:db8::1]")]
    [InlineData("2001:db8:0::1")]
    [InlineData("2001:0db8::1")]
    [InlineData("fe80::1%1")]
    [InlineData("fe80::1%lo")]
    [InlineData("::1/128")]
    public void Anything_else_is_refused(string? text) => Assert.False(Hostname.TryParse(text, out _));

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, false)]
    public void A_label_has_at_most_63_characters(int length, bool taken) =>
        Assert.Equal(taken, Hostname.TryParse(new string('a', length) + ".example", out _));

    [Theory]
    [InlineData(253, true)]
    [InlineData(254, false)]
    public void A_name_has_at_most_253_characters(int length, bool taken)
    {
        string text = string.Concat(Enumerable.Repeat(new string('a', 49) + ".", 5)) + new string('b', length - 250);
        Assert.Equal(length, text.Length);
        Assert.Equal(taken, Hostname.TryParse(text, out _));
    }

    // Turnstile, "Hostname management": a listed host allows itself and its subdomains.
    [Theory]
    [InlineData("example.com", "example.com", true)]
    [InlineData("example.com", "www.example.com", true)]
    [InlineData("example.com", "a.b.example.com", true)]
    [InlineData("www.example.com", "example.com", false)]
    [InlineData("www.example.com", "api.example.com", false)]
    [InlineData("example.com", "notexample.com", false)]
    [InlineData("example.com", "example.com.evil.net", false)]
    [InlineData("example.com", "example.org", false)]
    [InlineData("example.com", ".example.com", false)]
    [InlineData("example.com", "xample.com", false)]
    [InlineData("example.com", "com", false)]
    [InlineData("example.com", "", false)]
    [InlineData("com", "example.com", true)]
    [InlineData("localhost", "app.localhost", true)]
    [InlineData("localhost", "localhost.evil", false)]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "1.192.0.2.1", false)]
    [InlineData("192.0.2.1", "x.192.0.2.1", false)]
    [InlineData("192.0.2.1", "192.0.2.11", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", false)]
    [InlineData("2001:db8::1", "2001:db8::1", true)]
    [InlineData("2001:db8::1", "x.2001:db8::1", false)]
    public void A_listed_host_covers_itself_and_its_subdomains(string listed, string shown, bool covered) =>
        Assert.Equal(covered, TokenSamples.HostnameOf(listed).Covers(Encoding.ASCII.GetBytes(shown)));

    [Fact]
    public void A_policy_allows_what_any_listed_host_covers_and_everything_where_it_does_not_enforce()
    {
        SitePolicy policy = new()
        {
            Name = "a site",
            TokenTtlSeconds = 1,
            EnforceHostname = true,
            Hostnames = [TokenSamples.HostnameOf("example.com"), TokenSamples.HostnameOf("192.0.2.1")],
        };
        Assert.True(policy.AllowsHostname("www.example.com"u8));
        Assert.True(policy.AllowsHostname("192.0.2.1"u8));
        Assert.False(policy.AllowsHostname("example.org"u8));
        Assert.False((policy with { Hostnames = [] }).AllowsHostname("example.com"u8));
        Assert.True((policy with { EnforceHostname = false }).AllowsHostname("example.org"u8));
    }
}
