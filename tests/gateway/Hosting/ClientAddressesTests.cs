using System.Net;
using CaptchaCluster.Gateway.Hosting;
using Microsoft.AspNetCore.Http;

namespace CaptchaCluster.Tests.Gateway.Hosting;

public sealed class ClientAddressesTests
{
    private const string Proxy = "10.0.0.1";

    private static readonly ClientAddresses BehindProxies =
        new([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("fd00::/8"), IPNetwork.Parse("192.0.2.7/32")]);

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9")]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("::ffff:203.0.113.9", "203.0.113.9")]
    public void Without_trusted_proxies_it_is_the_peer_whatever_the_header_says(string peer, string expected) =>
        Assert.Equal(expected, Of(new ClientAddresses([]), peer, "198.51.100.1"));

    [Theory]
    [InlineData("203.0.113.9")]
    [InlineData("192.0.2.8")]
    [InlineData("fe80::1")]
    [InlineData("::1")]
    public void A_peer_that_is_no_trusted_proxy_is_not_believed(string peer) => Assert.Equal(peer, Of(BehindProxies, peer, "198.51.100.1"));

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("::ffff:10.0.0.1")] // as a socket for both families tells it
    [InlineData("192.0.2.7")]
    [InlineData("fd12:3456::1")]
    public void A_trusted_peer_is_believed_in_what_it_added(string peer) => Assert.Equal("198.51.100.1", Of(BehindProxies, peer, "198.51.100.1"));

    [Theory]
    [InlineData("198.51.100.1, 203.0.113.9", "203.0.113.9")]
    [InlineData("10.9.9.9, 203.0.113.9", "203.0.113.9")]
    [InlineData("198.51.100.1, 203.0.113.9, 10.1.1.1, fd00::5, 192.0.2.7", "203.0.113.9")]
    [InlineData("203.0.113.9,10.1.1.1", "203.0.113.9")]
    public void It_is_the_first_hop_from_the_right_that_is_no_trusted_proxy(string header, string expected) =>
        Assert.Equal(expected, Of(BehindProxies, Proxy, header));

    [Fact]
    public void Many_headers_are_one_list_in_their_order()
    {
        Assert.Equal("203.0.113.9", Of(BehindProxies, Proxy, "198.51.100.1", "198.51.100.2, 203.0.113.9", "10.1.1.1"));
        Assert.Equal("203.0.113.9", Of(BehindProxies, Proxy, "198.51.100.1", "203.0.113.9"));
    }

    [Fact]
    public void Where_all_hops_are_trusted_it_is_the_leftmost() =>
        Assert.Equal("10.3.3.3", Of(BehindProxies, Proxy, "10.3.3.3, 10.2.2.2", "10.1.1.1"));

    [Fact]
    public void Where_the_header_is_missing_it_is_the_proxy_itself() => Assert.Equal(Proxy, Of(BehindProxies, Proxy));

    [Theory]
    [InlineData("203.0.113.9:4711", "203.0.113.9")]
    [InlineData("[2001:db8::1]:4711", "2001:db8::1")]
    [InlineData("[2001:db8::1]", "2001:db8::1")]
    [InlineData("2001:DB8:0::1", "2001:db8::1")]
    [InlineData("::ffff:203.0.113.9", "203.0.113.9")]
    [InlineData("[::ffff:203.0.113.9]:4711", "203.0.113.9")]
    [InlineData(" \t203.0.113.9 \t", "203.0.113.9")]
    [InlineData("203.0.113.9 , ::ffff:10.1.1.1", "203.0.113.9")]
    [InlineData("203.0.113.9, [fd00::5]:443", "203.0.113.9")]
    public void A_hop_is_read_however_proxies_write_it(string header, string expected) =>
        Assert.Equal(expected, Of(BehindProxies, Proxy, header));

    [Theory]
    [InlineData("unknown")]
    [InlineData("unix:")]
    [InlineData("_hidden")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(",")]
    [InlineData("203.0.113.9,")]
    [InlineData("203.0.113.9, unknown")]
    [InlineData("203.0.113.9;198.51.100.1")]
    [InlineData("203.0.113.9 198.51.100.1")]
    [InlineData("203.0.113.9:99999")]
    [InlineData("\"203.0.113.9\"")]
    [InlineData("010.0.113.9")]
    [InlineData("1")]
    [InlineData("203.0.113.9", "")]
    [InlineData("203.0.113.9", "unknown")]
    public void What_is_no_address_ends_the_way_at_the_proxy_that_told_of_it(params string[] headers)
    {
        Assert.Equal(Proxy, Of(BehindProxies, Proxy, headers));
        Assert.Equal("10.2.2.2", Of(BehindProxies, Proxy, [.. headers, "10.2.2.2, 10.1.1.1"]));
    }

    [Fact]
    [Trait("Invariant", "I10")]
    public void A_way_through_more_proxies_than_the_limit_is_not_followed()
    {
        Assert.Equal("203.0.113.9", Of(BehindProxies, Proxy, WayOf(ClientAddresses.MaxHops - 1)));
        Assert.Equal("10.0.1.0", Of(BehindProxies, Proxy, WayOf(ClientAddresses.MaxHops)));
        Assert.Equal("10.0.1.1", Of(BehindProxies, Proxy, WayOf(ClientAddresses.MaxHops + 1)));

        // The client, then so many proxies, the last but one further right having the greatest number.
        static string WayOf(int proxies) =>
            string.Join(", ", Enumerable.Range(0, proxies).Select(number => $"10.0.1.{number}").Prepend("203.0.113.9"));
    }

    private static string Of(ClientAddresses addresses, string peer, params string[] headers)
    {
        DefaultHttpContext context = new();
        context.Connection.RemoteIpAddress = IPAddress.Parse(peer);
        if (headers.Length > 0) context.Request.Headers["X-Forwarded-For"] = headers;
        return addresses.Of(context).ToString();
    }
}
