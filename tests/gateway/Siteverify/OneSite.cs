using System.Diagnostics.Metrics;
using CaptchaCluster.Gateway.Dialects;
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

/// <summary>A site, its tokens, and the public listener that verifies them before a redeemer of the test's.</summary>
internal sealed class OneSite : IAsyncDisposable
{
    private readonly Meter meter = new(Instrumentation.Name);
    private readonly TokenCodec codec;
    private Listener listener = null!;

    public OneSite()
    {
        SiteKey key = SiteKey.New();
        Secret = SiteSecret.New(key);
        Site = new Site
        {
            Key = key,
            Version = 1,
            Policy = new SitePolicy { Name = "site", TokenTtlSeconds = 60 },
            Generation = Generation.First,
            SecretHash = [.. SiteSecret.Hash(Secret)],
            CreatedAt = UnixSeconds.Now(Clock),
        };
        Sites = new SiteDirectory([Site]);
        codec = new TokenCodec(new KeyRing(new Dictionary<string, byte[]> { ["k"] = new byte[32] }, "k"), new TokenLimits(7200, 300), Clock);
    }

    public ManualClock Clock { get; } = new();

    public CollectedLogs Logs { get; } = new();

    public Site Site { get; }

    public SiteDirectory Sites { get; }

    public string Secret { get; }

    public Uri Address => listener.Address;

    /// <summary>Valid once started, until disposed of.</summary>
    public HttpClient Client { get; private set; } = null!;

    /// <param name="redeemer">Asked for every token that is in order.</param>
    /// <param name="configure">What comes before everything else.</param>
    public async Task StartAsync(IRedeemer redeemer, Action<IApplicationBuilder>? configure = null)
    {
        ListenAddress.TryParse("http://127.0.0.1:0", out ListenAddress address, out _);
        ListenerLimits limits = new() { MaxBodySize = VerificationEndpoint.MaxBodySizeOnTheWire, MaxConnections = 100 };
        listener = new Listener("Gateway:Listen", address, limits, onSocketThreads: true, new ListenerTelemetry(Logs, meter, Clock));
        configure?.Invoke(listener.App);
        listener.App.MapHealth(new Readiness(redeemer));
        Verifier verifier = new(Sites, codec, redeemer, Clock, acceptTestKeys: false);
        InvalidSecretLimiter invalidSecrets = new(new ClientAddresses([]), perSecond: 0, new ListenerTelemetry(Logs, meter, Clock));
        listener.App.UseVerification(KnownDialects.All.Select(dialect => new VerificationEndpoint(
            dialect, verifier, invalidSecrets, new VerificationMetrics(meter, dialect.Name, Clock), allowGet: false, Logs.CreateLogger<VerificationEndpoint>())));
        await listener.StartAsync();
        Client = new HttpClient { BaseAddress = listener.Address };
    }

    /// <summary>A fresh token, good for a minute.</summary>
    public string Mint()
    {
        Hostname.TryParse("example.com", out Hostname hostname);
        UnixSeconds now = UnixSeconds.Now(Clock);
        codec.TryMint(new TokenClaims { Site = Site.Key, Id = TokenId.New(), IssuedAt = now, ExpiresAt = now + 60, Hostname = hostname }, out string token);
        return token;
    }

    public async Task<Reply> VerifyAsync(string token)
    {
        using FormUrlEncodedContent form = new([KeyValuePair.Create("secret", Secret), KeyValuePair.Create("response", token)]);
        return await Reply.ReadAsync(await Client.PostAsync("/siteverify", form));
    }

    public async Task<Reply> GetAsync(string path) => await Reply.ReadAsync(await Client.GetAsync(path));

    public async Task StopAsync() => await listener.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await listener.DisposeAsync();
        meter.Dispose();
    }
}
