using System.Text.Json;
using CaptchaCluster.Gateway.Admin;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Gateway.Admin;

public sealed class NonceTests : IAsyncLifetime
{
    private const string Expiry = "2026-11-20T22:25:00Z";

    private readonly TestDirectory directory = new();
    private readonly ManualClock clock = new();
    private TestGateway gateway = null!;
    private TestSite site = null!;

    public async Task InitializeAsync()
    {
        gateway = await TestGateway.StartAsync(directory, clock);
        site = await gateway.CreateSiteAsync();
    }

    public async Task DisposeAsync()
    {
        await gateway.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    [Trait("Invariant", "I1")]
    public async Task The_first_to_redeem_it_has_success_and_the_others_are_told_when_that_was()
    {
        Reply first = await RedeemAsync(new { sitekey = site.Key, nonce = "n", expires_at = Expiry });
        Assert.Equal((200, """{"success":true,"redeemed_at":"2026-11-20T22:15:00Z"}"""), (first.Status, first.Text));
        clock.Advance(5);
        Reply second = await RedeemAsync(new { sitekey = site.Key, nonce = "n", expires_at = Expiry });
        Assert.Equal((200, """{"success":false,"reason":"duplicate","redeemed_at":"2026-11-20T22:15:00Z"}"""), (second.Status, second.Text));
        Assert.True((await RedeemAsync(new { sitekey = site.Key, nonce = "n", context = "elsewhere", expires_at = Expiry })).Success);
    }

    [Fact]
    [Trait("Invariant", "I1")]
    public async Task Another_expiry_does_not_bring_it_back_not_even_after_a_restart()
    {
        Assert.True((await RedeemAsync(new { sitekey = site.Key, nonce = "n", expires_at = Expiry })).Success);
        await gateway.DisposeAsync();
        gateway = await TestGateway.StartAsync(directory, clock);
        foreach (string other in new[] { "2026-11-20T22:15:01Z", "2026-11-20T22:59:59Z", "2026-11-20T23:00:00Z", "2026-11-20T23:00:01Z", "2026-11-20T23:15:00Z" })
            Assert.Equal("duplicate", (await RedeemAsync(new { sitekey = site.Key, nonce = "n", expires_at = other })).String("reason"));
    }

    [Fact]
    [Trait("Invariant", "I3")]
    public async Task The_same_idempotency_key_gets_its_success_again_after_expiry_and_a_restart_too()
    {
        object body = new { sitekey = site.Key, nonce = "n", expires_at = Expiry, idempotency_key = "k" };
        Assert.True((await RedeemAsync(body)).Success);
        clock.Advance(700);
        await gateway.DisposeAsync();
        gateway = await TestGateway.StartAsync(directory, clock);
        Assert.Equal("""{"success":true,"redeemed_at":"2026-11-20T22:15:00Z"}""", (await RedeemAsync(body)).Text);
        Assert.Equal("""{"success":false,"reason":"expired"}""", (await RedeemAsync(new { sitekey = site.Key, nonce = "n", expires_at = Expiry })).Text);
    }

    [Fact]
    public async Task An_empty_idempotency_key_counts_as_none()
    {
        object body = new { sitekey = site.Key, nonce = "n", expires_at = Expiry, idempotency_key = "" };
        Assert.True((await RedeemAsync(body)).Success);
        Assert.False((await RedeemAsync(body)).Success);
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public async Task A_sites_secret_has_no_say_in_it_and_its_being_disabled_has()
    {
        await gateway.RotateAsync(site);
        Assert.True((await RedeemAsync(new { sitekey = site.Key, nonce = "1", expires_at = Expiry })).Success);
        await gateway.PatchAsync(site, """{"disabled":true}""");
        Reply disabled = await RedeemAsync(new { sitekey = site.Key, nonce = "2", expires_at = Expiry });
        Assert.Equal((409, "site-disabled"), (disabled.Status, disabled.Error));
        await gateway.PatchAsync(site, """{"disabled":false}""");
        Assert.True((await RedeemAsync(new { sitekey = site.Key, nonce = "2", expires_at = Expiry })).Success);
        await gateway.AdminAsync("DELETE", $"/admin/v1/sites/{site.Key}");
        Reply deleted = await RedeemAsync(new { sitekey = site.Key, nonce = "3", expires_at = Expiry });
        Assert.Equal((404, "unknown-site"), (deleted.Status, deleted.Error));
    }

    [Fact]
    public async Task Any_characters_make_a_nonce()
    {
        foreach (string nonce in new[] { " ", "é", "e\u0301", "😀", "a+/=", new string('x', 512) })
            Assert.True((await RedeemAsync(new { sitekey = site.Key, nonce, expires_at = Expiry })).Success, nonce);
    }

    [Theory]
    [InlineData("""{"nonce":"n","expires_at":"2026-11-20T22:25:00Z"}""", "'sitekey' must be")]
    [InlineData("""{"sitekey":"shop","nonce":"n","expires_at":"2026-11-20T22:25:00Z"}""", "'sitekey' must be")]
    [InlineData("""{"sitekey":"SITE","expires_at":"2026-11-20T22:25:00Z"}""", "'nonce' must be given")]
    [InlineData("""{"sitekey":"SITE","nonce":"","expires_at":"2026-11-20T22:25:00Z"}""", "'nonce' must be a string of 1 to 512")]
    [InlineData("""{"sitekey":"SITE","nonce":"n"}""", "'expires_at' must be given")]
    [InlineData("""{"sitekey":"SITE","nonce":"n","expires_at":1795213500}""", "'expires_at' must be a time in UTC")]
    [InlineData("""{"sitekey":"SITE","nonce":"n","expires_at":"2026-11-20T22:25:00+00:00"}""", "'expires_at' must be a time in UTC")]
    [InlineData("""{"sitekey":"SITE","nonce":"n","expires_at":"2026-11-20T23:15:01Z"}""", "at most 3600 seconds from now; it is 2026-11-20T22:15:00Z here")]
    [InlineData("""{"sitekey":"SITE","nonce":"n","expires_at":"2026-11-20T22:25:00Z","context":1}""", "'context' must be")]
    [InlineData("""{"sitekey":"SITE","nonce":"n","expires_at":"2026-11-20T22:25:00Z","token":1}""", "'token' is not known here")]
    public async Task A_wrong_body_is_refused(string json, string message)
    {
        Reply reply = await gateway.AdminAsync("POST", "/v1/redeem-nonce", json.Replace("SITE", site.Key));
        Assert.Equal((400, "bad-request"), (reply.Status, reply.Error));
        Assert.Contains(message, reply.Message);
    }

    [Fact]
    public async Task The_public_listener_knows_nothing_of_it() =>
        Assert.Equal(404, (await gateway.PostJsonAsync("/v1/redeem-nonce", new { sitekey = site.Key, nonce = "n", expires_at = Expiry })).Status);

    [Theory]
    [Trait("Invariant", "I5")]
    [InlineData(RedemptionStatus.Unknown)]
    [InlineData(RedemptionStatus.Overloaded)]
    public async Task What_the_ledger_does_not_establish_is_503(RedemptionStatus status)
    {
        SiteKey key = SiteKey.New();
        SitePolicy policy = new() { Name = "shop", TokenTtlSeconds = 600 };
        SiteDirectory sites = new([new Site { Key = key, Version = 1, Policy = policy, Generation = Generation.First, SecretHash = [], CreatedAt = default }]);
        SiteRegistry registry = new(sites, new OwnedSites(sites, new UnusedWriter()), clock);
        NonceCalls calls = new(registry, new NonceRedeemer(new ScriptedLedger(status), 300), clock);
        using JsonDocument body = JsonDocument.Parse($$"""{"sitekey":"{{key}}","nonce":"n","expires_at":"{{Expiry}}"}""");
        AdminReply reply = await calls.RedeemAsync("", new JsonMembers(body.RootElement));
        Assert.Equal((503, "internal-error"), (reply.Status, Assert.IsType<AdminError>(reply).Code));
    }

    private Task<Reply> RedeemAsync(object body) => gateway.AdminAsync("POST", "/v1/redeem-nonce", JsonSerializer.Serialize(body));

    private sealed class UnusedWriter : ISiteWriter
    {
        public ValueTask SaveAsync(Site site, CancellationToken cancellation) => throw new NotSupportedException("nobody changes a site here");
    }

    private sealed class ScriptedLedger(RedemptionStatus status) : IRedeemer
    {
        public UnixSeconds IssuedFloor => default;

        public bool IsReady => true;

        public ValueTask<RedemptionOutcome> RedeemAsync(in RedemptionRequest request) => new(new RedemptionOutcome(status));

        public ValueTask<PeekOutcome> PeekAsync(TokenId token, UnixSeconds expiresAt, SiteGeneration? asker) => throw new NotSupportedException("nobody looks here");
    }
}
