using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tests.Gateway.Dialects;
using CaptchaCluster.Tokens;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace CaptchaCluster.Tests.Gateway.Siteverify;

/// <summary>The public listener before a ledger that does as the test says.</summary>
public sealed class UndecidedTests : IAsyncLifetime
{
    private const string Undecided = """{"success":false,"error-codes":["internal-error"]}""";

    private readonly ScriptedRedeemer redeemer = new();
    private readonly OneSite site = new();
    private readonly SemaphoreSlim handled = new(0);

    public Task InitializeAsync() => site.StartAsync(redeemer, app => app.Use(async (context, next) =>
    {
        try
        {
            await next(context);
        }
        finally
        {
            handled.Release();
        }
    }));

    public async Task DisposeAsync()
    {
        await site.DisposeAsync();
        handled.Dispose();
    }

    [Theory]
    [Trait("Invariant", "I5")]
    [InlineData(RedemptionStatus.Unknown)]
    [InlineData(RedemptionStatus.Overloaded)]
    public async Task An_outcome_that_is_not_established_is_503_with_retry_after(RedemptionStatus status)
    {
        redeemer.Redeem = () => new RedemptionOutcome(status);
        Reply reply = await VerifyAsync();
        Assert.Equal(503, reply.Status);
        Assert.Equal("1", reply.Headers.RetryAfter!.ToString());
        Assert.Equal(Undecided, reply.Text);
    }

    [Theory]
    [Trait("Invariant", "I5")]
    [InlineData("friendly", "\"error_code\":\"internal_server_error\"")]
    [InlineData("cap", "\"error\":\"Internal server error\"")]
    [InlineData("captchala", "\"error\":\"unknown_error\"")]
    [InlineData("recaptcha-enterprise", "\"status\":\"UNAVAILABLE\"")]
    public async Task It_is_503_with_retry_after_in_every_dialect(string name, string word)
    {
        redeemer.Redeem = () => default;
        using HttpRequestMessage request = PeerCall.Named(name).Request(new TestSite(site.Site.Key.ToString(), site.Secret), site.Mint());
        Reply reply = await Reply.ReadAsync(await site.Client.SendAsync(request));
        Assert.Equal((503, "1"), (reply.Status, reply.Headers.RetryAfter!.ToString()));
        Assert.Contains(word, reply.Text);
    }

    [Theory]
    [Trait("Invariant", "I5")]
    [InlineData(PeekStatus.Unknown, 503)]
    [InlineData(PeekStatus.Overloaded, 503)]
    [InlineData(PeekStatus.Retired, 401)]
    [InlineData(PeekStatus.Redeemed, 400)]
    [InlineData(PeekStatus.Expired, 400)]
    [InlineData(PeekStatus.Unspent, 200)]
    public async Task A_look_is_answered_by_what_the_ledger_knows(PeekStatus status, int expected)
    {
        redeemer.Peek = status;
        redeemer.Redeem = () => throw new InvalidOperationException("nobody redeems here");
        using HttpRequestMessage request = PeerCall.Post(
            "/v1/validate", new { pass_token = site.Mint(), keep_token = true }, ("X-App-Key", site.Site.Key.ToString()), ("X-App-Secret", site.Secret));
        Assert.Equal(expected, (await Reply.ReadAsync(await site.Client.SendAsync(request))).Status);
    }

    [Fact]
    [Trait("Invariant", "I9")]
    public async Task An_error_of_the_program_is_503_too_and_logged_without_the_secret()
    {
        redeemer.Redeem = () => throw new InvalidOperationException("unexpected");
        Reply reply = await VerifyAsync();
        Assert.Equal(503, reply.Status);
        Assert.Equal(Undecided, reply.Text);
        Assert.Contains(reply.Headers.GetValues("X-Request-Id").Single(), Assert.Single(site.Logs.AtLeast(LogLevel.Error)));
        Assert.DoesNotContain(site.Logs.AtLeast(LogLevel.Trace), line => line.Contains("cpt_sec_"));
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public async Task A_secret_retired_while_it_was_judged_is_invalid()
    {
        redeemer.Redeem = () => new RedemptionOutcome(RedemptionStatus.Retired);
        Assert.Equal("""{"success":false,"error-codes":["invalid-input-secret"]}""", (await VerifyAsync()).Text);
    }

    [Fact]
    [Trait("Invariant", "I9")]
    public async Task A_ledger_that_cannot_commit_ends_readiness_and_not_life()
    {
        redeemer.IsReady = false;
        Reply ready = await site.GetAsync("/healthz/ready");
        Assert.Equal((503, """{"status":"not-ready"}"""), (ready.Status, ready.Text));
        Assert.Equal(200, (await site.GetAsync("/healthz/live")).Status);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(20_000)]
    public async Task A_client_that_leaves_in_the_middle_of_its_body_is_no_error(int announced)
    {
        const int clients = 100;
        for (int i = 0; i < clients; i++) await RawHttp.AbortInBodyAsync(site.Address, "secret=", announced);
        for (int i = 0; i < clients; i++) await handled.WaitAsync();
        await site.StopAsync();
        Assert.Empty(site.Logs.AtLeast(LogLevel.Warning));
    }

    private Task<Reply> VerifyAsync() => site.VerifyAsync(site.Mint());

    private sealed class ScriptedRedeemer : IRedeemer
    {
        public Func<RedemptionOutcome> Redeem { get; set; } = () => new RedemptionOutcome(RedemptionStatus.Redeemed);

        public UnixSeconds IssuedFloor => default;

        public PeekStatus Peek { get; set; }

        public bool IsReady { get; set; } = true;

        public ValueTask<RedemptionOutcome> RedeemAsync(in RedemptionRequest request) => new(Redeem());

        public ValueTask<PeekOutcome> PeekAsync(TokenId token, UnixSeconds expiresAt, SiteGeneration? asker = null) => new(new PeekOutcome(Peek));
    }
}
