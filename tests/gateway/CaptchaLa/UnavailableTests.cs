using System.Diagnostics.Metrics;
using System.Text.Json;
using CaptchaCluster.Gateway.Admin;
using CaptchaCluster.Gateway.Dialects.CaptchaLa;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tests.Gateway.Siteverify;
using CaptchaCluster.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CaptchaCluster.Tests.Gateway.CaptchaLa;

/// <summary>Where nothing can be issued or used now.</summary>
public sealed class UnavailableTests
{
    [Fact]
    public async Task Many_wrong_secrets_are_slowed_and_right_ones_are_not()
    {
        using TestDirectory directory = new();
        await using TestGateway gateway = await TestGateway.StartAsync(directory, null, "--Gateway:InvalidSecretsPerSecond=1");
        TestSite site = await gateway.CreateSiteAsync();
        Task<Reply[]> flood = Task.WhenAll(
            Enumerable.Range(0, 40).Select(_ => Issuing.IssueAsync(gateway, site.Key, "wrong", Issuing.Json("{}"))));
        await Issuing.OfAsync(gateway, site, """{"action":"a"}""");
        Reply[] replies = await flood;
        Assert.Equal([(401, "invalid_app_secret"), (503, "rate_limit_exceeded")], replies.Select(reply => (reply.Status, reply.Error)).Distinct().Order());
        Assert.All(replies.Where(reply => reply.Status == 503), reply => Assert.Equal("1", reply.Headers.RetryAfter!.ToString()));
    }

    [Fact]
    [Trait("Invariant", "I9")]
    public async Task Nothing_is_issued_that_could_not_be_used()
    {
        using OneSiteEndpoint endpoint = new();
        Assert.Equal(200, (await endpoint.IssueAsync(new ScriptedLedger(default, isReady: true))).StatusCode);
        HttpResponse response = await endpoint.IssueAsync(new ScriptedLedger(default, isReady: false));
        Assert.Equal((503, "1"), (response.StatusCode, response.Headers.RetryAfter.ToString()));
    }

    [Theory]
    [Trait("Invariant", "I8")]
    [InlineData(true, 200)]
    [InlineData(false, 503)]
    public async Task What_only_another_node_knows_yet_is_looked_up_before_it_is_refused(bool isReadable, int status)
    {
        using OneSiteEndpoint endpoint = new();
        SiteDirectory empty = new([]);
        FreshSites fresh = new(new Source(isReadable ? [endpoint.Site.Site] : null), empty);
        HttpResponse response = await endpoint.IssueAsync(new ScriptedLedger(default, isReady: true), empty, fresh);
        Assert.Equal(status, response.StatusCode);
    }

    [Theory]
    [Trait("Invariant", "I5")]
    [InlineData(RedemptionStatus.Unknown)]
    [InlineData(RedemptionStatus.Overloaded)]
    public async Task A_use_that_is_not_established_mints_nothing(RedemptionStatus status)
    {
        using OneSiteEndpoint endpoint = new();
        string text = endpoint.Codec.Issue(endpoint.Claims());
        ServerTokenCheck check = new(endpoint.Codec, new ServerTokenUses(new ScriptedLedger(status, isReady: true), endpoint.Site.Clock));
        Hostname.TryParse("example.com", out Hostname hostname);
        MintRequest request = new() { Site = endpoint.Site.Site.Key, Hostname = hostname, TtlSeconds = 60 };
        Assert.Null(check.Judge(text, ref request, out ServerToken token));
        AdminError refusal = Assert.IsType<AdminError>(await check.UseAsync(token));
        Assert.Equal((503, "internal-error"), (refusal.Status, refusal.Code));
    }

    private sealed class OneSiteEndpoint : IDisposable
    {
        private readonly Meter meter = new(Instrumentation.Name);

        public OneSite Site { get; } = new();

        public ServerTokenCodec Codec { get; }

        public OneSiteEndpoint()
        {
            TokenCodec tokens = new(new KeyRing(new SigningKey("k", new byte[32])), new TokenLimits(7200, 300), Site.Clock);
            Codec = new ServerTokenCodec(tokens, Site.Clock);
        }

        public ServerTokenClaims Claims() => new()
        {
            Site = Site.Site.Key,
            Generation = Generation.First,
            Id = TokenId.New(),
            IssuedAt = UnixSeconds.Now(Site.Clock),
            ExpiresAt = UnixSeconds.Now(Site.Clock) + 60,
            MaxUses = 1,
            Action = "a",
        };

        public async Task<HttpResponse> IssueAsync(IRedeemer redeemer, SiteDirectory? sites = null, FreshSites? fresh = null)
        {
            using InvalidSecretLimiter limiter = new(new ClientAddresses([]), perSecond: 0, new ListenerTelemetry(Site.Logs, meter, Site.Clock));
            ServerTokenEndpoint endpoint = new(
                sites ?? Site.Sites, Codec, redeemer, limiter, new TokenMetrics(meter), Site.Clock, Site.Logs.CreateLogger<ServerTokenEndpoint>(), fresh);
            DefaultHttpContext context = new();
            context.Request.Method = "POST";
            context.Request.ContentType = "application/json";
            context.Request.Headers["X-App-Key"] = Site.Site.Key.ToString();
            context.Request.Headers["X-App-Secret"] = Site.Secret;
            context.Request.Body = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(new { action = "a" }));
            await endpoint.HandleAsync(context);
            return context.Response;
        }

        public void Dispose() => meter.Dispose();
    }

    /// <param name="sites">Null: they cannot be read.</param>
    private sealed class Source(IReadOnlyList<Site>? sites) : ISiteSource
    {
        public ValueTask<IReadOnlyList<Site>> ReadAsync(IReadOnlyCollection<SiteKey> keys) => new(sites ?? throw new UnknownOutcomeException("gone"));

        public ValueTask<SitePage> ReadAfterAsync(long version) => throw new NotSupportedException("nobody asks for all");
    }

    private sealed class ScriptedLedger(RedemptionStatus status, bool isReady) : IRedeemer
    {
        public UnixSeconds IssuedFloor => default;

        public bool IsReady => isReady;

        public ValueTask<RedemptionOutcome> RedeemAsync(in RedemptionRequest request) => new(new RedemptionOutcome(status));

        public ValueTask<PeekOutcome> PeekAsync(TokenId token, UnixSeconds expiresAt, SiteGeneration? asker = null) => throw new NotSupportedException("nobody looks here");
    }
}
