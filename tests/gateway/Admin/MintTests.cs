namespace CaptchaCluster.Tests.Gateway.Admin;

public sealed class MintTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    private readonly TestGateway gateway = shared.Gateway;

    [Fact]
    public async Task One_token_comes_with_its_expiry()
    {
        TestSite site = await gateway.CreateSiteAsync();
        Reply reply = await MintAsync(site, """{"ttl_seconds":60}""");
        Assert.Equal(201, reply.Status);
        Assert.Equal($$"""{"token":"{{reply.String("token")}}","expires_at":"2026-11-20T22:16:00Z"}""", reply.Text);
    }

    [Fact]
    public async Task The_sites_ttl_is_the_default()
    {
        TestSite site = await gateway.CreateSiteAsync("""{"hostnames":["example.com"],"token_ttl_seconds":3600}""");
        Assert.Equal("2026-11-20T23:15:00Z", (await MintAsync(site, null)).String("expires_at"));
    }

    [Fact]
    public async Task Many_tokens_come_as_a_list_all_different()
    {
        TestSite site = await gateway.CreateSiteAsync();
        Reply reply = await MintAsync(site, """{"count":10000}""");
        string[] tokens = [.. reply.Json.GetProperty("tokens").EnumerateArray().Select(token => token.GetString()!)];
        Assert.Equal(10_000, tokens.Distinct().Count());
        Assert.True((await gateway.VerifyAsync(site.Secret, tokens[^1])).Success);
        Assert.True((await MintAsync(site, """{"count":2}""")).Json.TryGetProperty("tokens", out _));
        Assert.True((await MintAsync(site, """{"count":1}""")).Json.TryGetProperty("token", out _));
    }

    [Theory]
    [InlineData("""{"hostname":"https://example.com"}""", "hostname")]
    [InlineData("""{"hostname":""}""", "hostname")]
    [InlineData("""{"action":"123456789012345678901234567890123"}""", "action")]
    [InlineData("""{"action":5}""", "action")]
    [InlineData("""{"client_ip":"300.1.1.1"}""", "client_ip")]
    [InlineData("""{"client_ip":"1"}""", "client_ip")]
    [InlineData("""{"uid":{}}""", "uid")]
    [InlineData("""{"score":1.01}""", "score")]
    [InlineData("""{"score":-0.1}""", "score")]
    [InlineData("""{"score":"0.5"}""", "score")]
    [InlineData("""{"score":1e999}""", "score")]
    [InlineData("""{"ttl_seconds":0}""", "ttl_seconds")]
    [InlineData("""{"ttl_seconds":7201}""", "ttl_seconds")]
    [InlineData("""{"count":0}""", "count")]
    [InlineData("""{"count":10001}""", "count")]
    [InlineData("""{"platform":[]}""", "platform")]
    [InlineData("""{"platform":{"score":1e999}}""", "platform.score")]
    [InlineData("""{"platform":{"duration_ms":-1}}""", "platform.duration_ms")]
    [InlineData("""{"platform":{"gameid":"x"}}""", "platform.gameid")]
    [InlineData("""{"ttl":60}""", "ttl")]
    public async Task A_wrong_member_is_named(string json, string member)
    {
        Reply reply = await MintAsync(await gateway.CreateSiteAsync(), json);
        Assert.Equal((400, "bad-request"), (reply.Status, reply.Error));
        Assert.Contains($"'{member}'", reply.Message);
    }

    [Fact]
    public async Task Cdata_may_have_255_characters()
    {
        TestSite site = await gateway.CreateSiteAsync();
        Assert.Equal(201, (await MintAsync(site, $$"""{"cdata":"{{new string('x', 255)}}"}""")).Status);
        Assert.Equal(400, (await MintAsync(site, $$"""{"cdata":"{{new string('x', 256)}}"}""")).Status);
    }

    [Fact]
    public async Task A_token_that_would_be_too_long_is_refused()
    {
        TestSite site = await gateway.CreateSiteAsync();
        Reply reply = await MintAsync(site, $$"""{"cdata":"{{string.Concat(Enumerable.Repeat("\\u0001", 255))}}"}""");
        Assert.Equal((400, "token-too-large"), (reply.Status, reply.Error));
    }

    [Fact]
    public async Task A_site_without_hostnames_needs_one_named()
    {
        TestSite site = await gateway.CreateSiteAsync("{}");
        Reply reply = await MintAsync(site, "{}");
        Assert.Equal(400, reply.Status);
        Assert.Contains("'hostname'", reply.Message);
        Assert.Equal(201, (await MintAsync(site, """{"hostname":"example.com"}""")).Status);
    }

    [Fact]
    public async Task A_site_that_binds_addresses_needs_one_named()
    {
        TestSite site = await gateway.CreateSiteAsync("""{"hostnames":["example.com"],"ip_binding":"enforce"}""");
        Reply reply = await MintAsync(site, "{}");
        Assert.Equal(400, reply.Status);
        Assert.Contains("'client_ip'", reply.Message);
    }

    [Fact]
    public async Task A_disabled_site_mints_nothing()
    {
        TestSite site = await gateway.CreateSiteAsync("""{"hostnames":["example.com"],"disabled":true}""");
        Reply reply = await MintAsync(site, "{}");
        Assert.Equal((409, "site-disabled"), (reply.Status, reply.Error));
    }

    [Fact]
    public async Task A_token_shows_neither_address_nor_user_to_whoever_holds_it()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = (await MintAsync(site, """{"client_ip":"203.0.113.7","uid":"alice"}""")).String("token");
        string content = System.Text.Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(token));
        Assert.DoesNotContain("203.0.113.7", content);
        Assert.DoesNotContain("alice", content);
    }

    private Task<Reply> MintAsync(TestSite site, string? json) => gateway.AdminAsync("POST", $"/admin/v1/sites/{site.Key}/tokens", json);
}
