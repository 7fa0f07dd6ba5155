namespace CaptchaCluster.Tests.Gateway.Siteverify;

/// <summary>Turnstile, "Hostname management": a listed host allows itself and its subdomains, not its parent or siblings.</summary>
[Trait("Invariant", "I6")]
public sealed class HostnamePolicyTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    private readonly TestGateway gateway = shared.Gateway;

    [Theory]
    [InlineData("example.com", "example.com", true)]
    [InlineData("example.com", "www.example.com", true)]
    [InlineData("example.com", "a.b.c.example.com", true)]
    [InlineData("Example.COM", "WWW.example.Com", true)]
    [InlineData("example.com", "example.org", false)]
    [InlineData("example.com", "notexample.com", false)]
    [InlineData("example.com", "example.com.evil.net", false)]
    [InlineData("example.com", "com", false)]
    [InlineData("www.example.com", "www.example.com", true)]
    [InlineData("www.example.com", "abc.www.example.com", true)]
    [InlineData("www.example.com", "example.com", false)]
    [InlineData("www.example.com", "dash.example.com", false)]
    [InlineData("xn--bcher-kva.example", "shop.xn--bcher-kva.example", true)]
    [InlineData("xn--bcher-kva.example", "bcher-kva.example", false)]
    [InlineData("localhost", "localhost", true)]
    [InlineData("localhost", "app.localhost", true)]
    [InlineData("localhost", "127.0.0.1", false)]
    [InlineData("example.com", "localhost", false)]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.11", false)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("2001:db8::1", "2001:DB8::1", true)]
    [InlineData("2001:db8::1", "2001:db8::2", false)]
    public async Task A_token_of_a_host_verifies_where_the_list_covers_it_and_is_not_spent_where_it_does_not(string listed, string shown, bool verifies)
    {
        TestSite site = await gateway.CreateSiteAsync($$"""{"hostnames":["unrelated.example","{{listed}}"]}""");
        string token = await gateway.MintAsync(site, $$"""{"hostname":"{{shown}}"}""");
        Assert.Equal(verifies ? "" : "invalid-input-response,hostname-mismatch", (await gateway.VerifyAsync(site.Secret, token)).Codes);
        if (verifies) return;
        await gateway.PatchAsync(site, $$"""{"hostnames":["{{shown}}"]}""");
        Assert.True((await gateway.VerifyAsync(site.Secret, token)).Success);
    }

    [Theory]
    [InlineData("example.com.", "final dot")]
    [InlineData("b\u00fccher.example", "xn--")]
    [InlineData("example.com:443", "port")]
    [InlineData("https://example.com", "scheme")]
    [InlineData("*.example.com", "wildcard")]
    [InlineData("example.com/shop", "path")]
    public async Task Any_other_spelling_of_a_host_is_refused_with_what_is_allowed(string text, string allowed)
    {
        TestSite site = await gateway.CreateSiteAsync();
        foreach (Reply reply in new[]
        {
            await gateway.PatchAsync(site, $$"""{"hostnames":["{{text}}"]}"""),
            await gateway.AdminAsync("POST", $"/admin/v1/sites/{site.Key}/tokens", $$"""{"hostname":"{{text}}"}"""),
        })
        {
            Assert.Equal((400, "bad-request"), (reply.Status, reply.Error));
            Assert.Contains(allowed, reply.Message);
        }
    }

    [Fact]
    public async Task An_enforced_list_without_hosts_allows_none()
    {
        TestSite site = await gateway.CreateSiteAsync("""{"enforce_hostname":true}""");
        string token = await gateway.MintAsync(site, """{"hostname":"example.com"}""");
        Assert.Equal("invalid-input-response,hostname-mismatch", (await gateway.VerifyAsync(site.Secret, token)).Codes);
    }
}
