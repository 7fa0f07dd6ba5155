using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using CaptchaCluster.Gateway.Admin;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Gateway.Admin;

/// <summary>What an administrator is told of a token.</summary>
public sealed class InspectTests : IAsyncLifetime
{
    private const int Ttl = 60;
    private const int Skew = 300;

    private readonly TestDirectory directory = new();
    private readonly ManualClock clock = new();
    private TestGateway gateway = null!;

    public async Task InitializeAsync() => gateway = await TestGateway.StartAsync(directory, clock);

    public async Task DisposeAsync()
    {
        await gateway.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task All_members_of_a_token_are_told_and_bound_values_only_as_being_there()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(
            site,
            """{"hostname":"www.example.com","action":"login","cdata":"L'été","score":0.9,"client_ip":"203.0.113.7","platform":{"game_id":"g/1","duration_ms":5},"ttl_seconds":60}""");
        Reply reply = await InspectAsync(token);
        Assert.Equal(200, reply.Status);
        string kid = reply.String("kid"), id = reply.String("token_id");
        Assert.Equal(
            $$"""{"mac_ok":true,"state":"unspent","kid":"{{kid}}","sitekey":"{{site.Key}}","token_id":"{{id}}","issued_at":"2026-11-20T22:15:00Z","expires_at":"2026-11-20T22:16:00Z","hostname":"www.example.com","action":"login","cdata":"L'été","score":0.9,"platform":{"game_id":"g/1","score":null,"duration_ms":5},"binds_client_ip":true,"binds_uid":false}""",
            reply.Text);
        Assert.StartsWith($$"""{"v":1,"k":"{{kid}}","s":"{{site.Key}}","j":"{{id}}",""", Content(token));
    }

    [Fact]
    [Trait("Invariant", "I6")]
    public async Task Looking_spends_nothing()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        for (int i = 0; i < 3; i++) Assert.Equal("unspent", (await InspectAsync(token)).String("state"));
        Assert.True((await gateway.VerifyAsync(site.Secret, token)).Success);
    }

    [Fact]
    public async Task A_redeemed_token_is_told_with_its_time_also_past_its_expiry_until_it_is_forgotten()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site, $$"""{"ttl_seconds":{{Ttl}}}""");
        clock.Advance(7);
        Assert.True((await gateway.VerifyAsync(site.Secret, token)).Success);
        foreach (int seconds in new[] { 1, Ttl, Skew - Ttl })
        {
            clock.Advance(seconds);
            Reply reply = await InspectAsync(token);
            Assert.Equal(("redeemed", "2026-11-20T22:15:07Z"), (reply.String("state"), reply.String("redeemed_at")));
        }

        // The redemption goes with its table once the horizon covers that; then nobody knows.
        clock.Advance(Ttl + 64);
        await gateway.VerifyAsync(site.Secret, await gateway.MintAsync(site));
        Reply forgotten = await InspectAsync(token);
        Assert.Equal("expired", forgotten.String("state"));
        Assert.False(forgotten.Json.TryGetProperty("redeemed_at", out _));
    }

    [Fact]
    public async Task An_unspent_token_past_its_expiry_is_expired()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site, $$"""{"ttl_seconds":{{Ttl}}}""");
        clock.Advance(Ttl - 1);
        Assert.Equal("unspent", (await InspectAsync(token)).String("state"));
        clock.Advance(1);
        Assert.Equal("expired", (await InspectAsync(token)).String("state"));
    }

    [Fact]
    [Trait("Invariant", "I1")]
    public async Task After_a_restored_start_a_token_of_before_is_expired_unless_it_is_known_to_be_spent()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string spent = await gateway.MintAsync(site), unspent = await gateway.MintAsync(site);
        Assert.True((await gateway.VerifyAsync(site.Secret, spent)).Success);
        await gateway.DisposeAsync();
        gateway = await TestGateway.StartAsync(directory, clock, "--restored");
        Assert.Equal("redeemed", (await InspectAsync(spent)).String("state"));
        Assert.Equal("expired", (await InspectAsync(unspent)).String("state"));
        Assert.Equal("unspent", (await InspectAsync(await gateway.MintAsync(site))).String("state"));
    }

    [Fact]
    public async Task An_altered_token_is_shown_as_it_stands_and_called_nothing_of_ours()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string content = Content(await gateway.MintAsync(site));
        Reply reply = await InspectAsync(Wrap(content.Replace("example.com", "example.org")));
        Assert.False(reply.Json.GetProperty("mac_ok").GetBoolean());
        Assert.Equal(("wrong-mac", "unknown", "example.org"), (reply.String("flaw"), reply.String("state"), reply.String("hostname")));

        reply = await InspectAsync(Wrap(content.Replace("""{"v":1,"k":""", """{"v":1,"k":"x",""" + "\"y\":")));
        Assert.Equal(("not-a-token", "unknown"), (reply.String("flaw"), reply.String("state")));
    }

    [Fact]
    public async Task A_token_of_a_key_that_is_not_here_names_it()
    {
        Reply reply = await InspectAsync(Wrap(
            $$"""{"v":1,"k":"gone","s":"{{SiteKey.New()}}","j":"x","i":-1,"e":99999999999999,"r":1e999,"p":{"score":1e999},"m":"{{new string('A', 43)}}"}"""));
        Assert.Equal(("unknown-key", "gone", "unknown"), (reply.String("flaw"), reply.String("kid"), reply.String("state")));
        Assert.Equal("""{"game_id":null,"score":null,"duration_ms":null}""", reply.Json.GetProperty("platform").GetRawText());
        foreach (string member in new[] { "issued_at", "expires_at", "score" }) Assert.False(reply.Json.TryGetProperty(member, out _));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("XXXX.DUMMY.TOKEN.XXXX")]
    [InlineData("été 😀")]
    [InlineData(" ")]
    public async Task Any_other_text_is_told_to_be_no_token(string text) =>
        Assert.Equal("""{"mac_ok":false,"flaw":"not-a-token","state":"unknown"}""", (await InspectAsync(text)).Text);

    [Fact]
    public async Task A_text_longer_than_any_token_is_told_to_be_none() =>
        Assert.Equal("not-a-token", (await InspectAsync(new string('x', 8192))).String("flaw"));

    [Theory]
    [InlineData("{}", "'token' must be given")]
    [InlineData("""{"token":""}""", "'token' must be")]
    [InlineData("""{"token":7}""", "'token' must be")]
    [InlineData("""{"token":"x","secret":"y"}""", "'secret' is not known here")]
    public async Task A_wrong_body_is_refused(string json, string message)
    {
        Reply reply = await gateway.AdminAsync("POST", "/admin/v1/tokens/inspect", json);
        Assert.Equal((400, "bad-request"), (reply.Status, reply.Error));
        Assert.Contains(message, reply.Message);
    }

    [Theory]
    [Trait("Invariant", "I5")]
    [InlineData(PeekStatus.Unknown)]
    [InlineData(PeekStatus.Overloaded)]
    public async Task What_the_ledger_cannot_tell_is_503_and_no_state(PeekStatus status)
    {
        TokenCodec codec = new(new KeyRing(new SigningKey("k", new byte[32])), new TokenLimits(7200, Skew), clock);
        UnixSeconds now = UnixSeconds.Now(clock);
        Hostname.TryParse("example.com", out Hostname hostname);
        codec.TryMint(new TokenClaims { Site = SiteKey.New(), Id = TokenId.New(), IssuedAt = now, ExpiresAt = now + Ttl, Hostname = hostname }, out string token);
        using JsonDocument body = JsonDocument.Parse($$"""{"token":"{{token}}"}""");
        AdminReply reply = await new TokenInspector(codec, new SilentLedger(status)).InspectAsync("", new JsonMembers(body.RootElement));
        Assert.Equal(503, reply.Status);
        Assert.Equal("internal-error", Assert.IsType<AdminError>(reply).Code);
    }

    private static string Content(string token) => Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token));

    private static string Wrap(string content) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(content));

    private Task<Reply> InspectAsync(string token) =>
        gateway.AdminAsync("POST", "/admin/v1/tokens/inspect", JsonSerializer.Serialize(new { token }));

    private sealed class SilentLedger(PeekStatus status) : IRedeemer
    {
        public UnixSeconds IssuedFloor => default;

        public bool IsReady => false;

        public ValueTask<RedemptionOutcome> RedeemAsync(in RedemptionRequest request) => throw new NotSupportedException("nobody redeems here");

        public ValueTask<PeekOutcome> PeekAsync(TokenId token, UnixSeconds expiresAt, SiteGeneration? asker = null) => new(new PeekOutcome(status));
    }
}
