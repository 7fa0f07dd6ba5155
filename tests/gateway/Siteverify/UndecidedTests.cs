using System.Diagnostics.Metrics;
using CaptchaCluster.Gateway.Dialects.Siteverify;
using CaptchaCluster.Gateway.Health;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;
using CaptchaCluster.Verification;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace CaptchaCluster.Tests.Gateway.Siteverify;

/// <summary>The public listener before a ledger that does as the test says.</summary>
public sealed class UndecidedTests : IAsyncLifetime
{
    private const string Undecided = """{"success":false,"error-codes":["internal-error"]}""";

    private readonly ScriptedRedeemer redeemer = new();
    private readonly CollectedLogs logs = new();
    private readonly ManualClock clock = new();
    private readonly Meter meter = new(Instrumentation.Name);
    private readonly SemaphoreSlim handled = new(0);
    private Listener listener = null!;
    private HttpClient client = null!;
    private FormUrlEncodedContent request = null!;

    public async Task InitializeAsync()
    {
        SiteKey key = SiteKey.New();
        string secret = SiteSecret.New(key);
        Site site = new()
        {
            Key = key,
            Version = 1,
            Policy = new SitePolicy { Name = "site", TokenTtlSeconds = 60 },
            Generation = Generation.First,
            SecretHash = [.. SiteSecret.Hash(secret)],
            CreatedAt = UnixSeconds.Now(clock),
        };
        TokenCodec codec = new(new KeyRing(new Dictionary<string, byte[]> { ["k"] = new byte[32] }, "k"), new TokenLimits(7200, 300), clock);
        Hostname.TryParse("example.com", out Hostname hostname);
        UnixSeconds now = UnixSeconds.Now(clock);
        codec.TryMint(new TokenClaims { Site = key, Id = TokenId.New(), IssuedAt = now, ExpiresAt = now + 60, Hostname = hostname }, out string token);
        request = new FormUrlEncodedContent([KeyValuePair.Create("secret", secret), KeyValuePair.Create("response", token)]);

        ListenAddress.TryParse("http://127.0.0.1:0", out ListenAddress address, out _);
        ListenerLimits limits = new() { MaxBodySize = SiteverifyEndpoint.MaxBodySizeOnTheWire, MaxConnections = 100 };
        listener = new Listener("Gateway:Listen", address, limits, onSocketThreads: true, new ListenerTelemetry(logs, meter, clock));
        listener.App.Use(async (context, next) =>
        {
            try
            {
                await next(context);
            }
            finally
            {
                handled.Release();
            }
        });
        listener.App.MapHealth(new Readiness(redeemer));
        Verifier verifier = new(new SiteDirectory([site]), codec, redeemer, clock, acceptTestKeys: false);
        VerificationMetrics metrics = new(meter, SiteverifyEndpoint.Dialect, clock);
        listener.App.UseSiteverify(new SiteverifyEndpoint(verifier, metrics, allowGet: false, logs.CreateLogger<SiteverifyEndpoint>()));
        await listener.StartAsync();
        client = new HttpClient { BaseAddress = listener.Address };
    }

    public async Task DisposeAsync()
    {
        client.Dispose();
        await listener.DisposeAsync();
        handled.Dispose();
        meter.Dispose();
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

    [Fact]
    [Trait("Invariant", "I9")]
    public async Task An_error_of_the_program_is_503_too_and_logged_without_the_secret()
    {
        redeemer.Redeem = () => throw new InvalidOperationException("unexpected");
        Reply reply = await VerifyAsync();
        Assert.Equal(503, reply.Status);
        Assert.Equal(Undecided, reply.Text);
        Assert.Contains(reply.Headers.GetValues("X-Request-Id").Single(), Assert.Single(logs.AtLeast(LogLevel.Error)));
        Assert.DoesNotContain(logs.AtLeast(LogLevel.Trace), line => line.Contains("cpt_sec_"));
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
        Reply ready = await Reply.ReadAsync(await client.GetAsync("/healthz/ready"));
        Assert.Equal((503, """{"status":"not-ready"}"""), (ready.Status, ready.Text));
        Assert.Equal(200, (int)(await client.GetAsync("/healthz/live")).StatusCode);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(20_000)]
    public async Task A_client_that_leaves_in_the_middle_of_its_body_is_no_error(int announced)
    {
        const int clients = 100;
        for (int i = 0; i < clients; i++) await RawHttp.AbortInBodyAsync(listener.Address, "secret=", announced);
        for (int i = 0; i < clients; i++) await handled.WaitAsync();
        await listener.DisposeAsync();
        Assert.Empty(logs.AtLeast(LogLevel.Warning));
    }

    private async Task<Reply> VerifyAsync() => await Reply.ReadAsync(await client.PostAsync("/siteverify", request));

    private sealed class ScriptedRedeemer : IRedeemer
    {
        public Func<RedemptionOutcome> Redeem { get; set; } = () => new RedemptionOutcome(RedemptionStatus.Redeemed);

        public UnixSeconds IssuedFloor => default;

        public bool IsReady { get; set; } = true;

        public ValueTask<RedemptionOutcome> RedeemAsync(in RedemptionRequest request) => new(Redeem());

        public ValueTask<PeekOutcome> PeekAsync(TokenId token, UnixSeconds expiresAt) => throw new NotSupportedException("nobody looks here");
    }
}
