using System.Diagnostics.Metrics;
using CaptchaCluster.Gateway.Admin;
using CaptchaCluster.Gateway.Admin.Audit;
using CaptchaCluster.Gateway.Admin.Backup;
using CaptchaCluster.Gateway.Dialects;
using CaptchaCluster.Gateway.Dialects.CaptchaLa;
using CaptchaCluster.Gateway.FirstStart;
using CaptchaCluster.Gateway.Health;
using CaptchaCluster.Gateway.Logging;
using CaptchaCluster.Gateway.Management;
using CaptchaCluster.Gateway.OpenApi;
using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Gateway.Telemetry;
using CaptchaCluster.Redemption;
using CaptchaCluster.Tokens;
using CaptchaCluster.Verification;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>A gateway: two listeners over one node. Disposing it is the graceful shutdown.</summary>
internal sealed partial class GatewayHost : IAsyncDisposable
{
    private readonly NodeSettings settings;
    private readonly TimeProvider clock;
    private readonly ILoggerFactory loggers;
    private readonly ILogger logger;
    private readonly Meter meter = new(Instrumentation.Name);
    private INode node = null!;
    private AdminAudit audit = null!;
    private NodeBackup? backup;
    private Readiness readiness = null!;
    private InvalidSecretLimiter invalidSecrets = null!;
    private TokenMetrics tokenMetrics = null!;
    private ServerTokenCodec serverTokens = null!;
    private Listener publicListener = null!;
    private Listener adminListener = null!;
    private OtlpExport? export;
    private bool isServing;

    private GatewayHost(NodeSettings settings, IConfiguration configuration, TimeProvider clock)
    {
        this.settings = settings;
        this.clock = clock;
        loggers = GatewayLogging.Create(configuration, new Redaction(settings.Gateway.AdminKey), clock);
        logger = loggers.CreateLogger<GatewayHost>();
    }

    /// <summary>The public one, then that of the admin API.</summary>
    public IReadOnlyList<Listener> Listeners => [publicListener, adminListener];

    public Uri PublicAddress => publicListener.Address;

    public Uri AdminAddress => adminListener.Address;

    public string AdminKey => node.AdminKey;

    private ListenerTelemetry ListenerTelemetry => new(loggers, meter, clock);

    /// <summary>A gateway that is the whole product, or one of several over a database.</summary>
    /// <param name="args">The command line; appsettings.json and the environment are read too.</param>
    /// <param name="clock">Wall and monotonic time.</param>
    /// <param name="output">Where addresses, and on the first start a demonstration with its secret, are written.</param>
    /// <exception cref="StartupException">The start is refused; nothing is left open.</exception>
    public static Task<GatewayHost> StartAsync(string[] args, TimeProvider clock, TextWriter output)
    {
        CommandLine commandLine = CommandLine.Parse(args);
        IConfiguration configuration = commandLine.BuildConfiguration();
        NodeSettings settings = NodeSettings.Read(configuration, commandLine.ContentRoot);
        return StartAsync(settings, configuration, OpenNodeAsync, commandLine.Restored, clock, output);
    }

    /// <param name="settings">All of them, checked.</param>
    /// <param name="configuration">Where they were read.</param>
    /// <param name="openNode">Opens what stands behind the listeners; the gateway disposes of it.</param>
    /// <param name="restored">The ledger came from a backup.</param>
    /// <param name="clock">Wall and monotonic time.</param>
    /// <param name="output">Where addresses, and on the first start a demonstration with its secret, are written.</param>
    /// <exception cref="StartupException">The start is refused; nothing is left open.</exception>
    public static async Task<GatewayHost> StartAsync(
        NodeSettings settings, IConfiguration configuration, Func<NodeStart, Task<INode>> openNode, bool restored, TimeProvider clock, TextWriter output)
    {
        GatewayHost host = new(settings, configuration, clock);
        try
        {
            host.export = OtlpExport.Start(settings.Otlp, configuration, host.loggers, clock);
            host.node = await openNode(new NodeStart(settings, restored, host.meter, clock, host.loggers));
            await host.ServeAsync(restored, output);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Finishes the requests that were accepted, then closes the ledger, then leaves the data directory.</summary>
    public async ValueTask DisposeAsync()
    {
        readiness?.BeginShutdown();
        if (isServing) Log.Ending(logger);

        // For those who look at the readiness before they send: until they have looked, all goes on as before.
        if (isServing) await Task.Delay(TimeSpan.FromSeconds(settings.Gateway.DrainSeconds), clock);

        // One after the other: until the last verification is answered, the admin side tells that this node is not ready.
        if (publicListener is not null) await publicListener.DisposeAsync();
        if (backup is not null) await backup.StopAsync();
        if (adminListener is not null) await adminListener.DisposeAsync();
        backup?.Dispose();
        if (isServing) await audit.TellStopAsync();
        audit?.Dispose();
        if (node is not null) await node.DisposeAsync();
        invalidSecrets?.Dispose();
        export?.Dispose();
        meter.Dispose();
        if (isServing) Log.Ended(logger);
        loggers.Dispose();
    }

    private async Task ServeAsync(bool restored, TextWriter output)
    {
        if (node is EmbeddedNode embedded) backup = new NodeBackup(embedded, clock);
        ClientAddresses addresses = new(settings.Gateway.TrustedProxies);
        audit = new AdminAudit(node.AuditLog, node.AdminKey, addresses, clock, loggers.CreateLogger<AdminAudit>());
        await TellAsync(restored ? AuditedAction.StartRestored : AuditedAction.Start);
        readiness = new Readiness(node.Redeemer);
        meter.CreateObservableGauge("captchacluster.ready", () => readiness.IsReady ? 1 : 0, "1", "1 while requests should be sent here.");
        tokenMetrics = new TokenMetrics(meter);
        serverTokens = new ServerTokenCodec(node.Codec, clock);
        TokenMinter minter = new(node.Codec, node.Redeemer, tokenMetrics, clock);
        invalidSecrets = new InvalidSecretLimiter(
            new ClientAddresses(settings.Gateway.TrustedProxies), settings.Gateway.InvalidSecretsPerSecond, ListenerTelemetry);
        publicListener = BuildPublicListener();
        await publicListener.StartAsync();
        adminListener = BuildAdminListener(minter);
        await adminListener.StartAsync();

        bool isDemonstration = node.IsNew && settings.Gateway.Listen.IsLoopback && settings.Gateway.AdminListen.IsLoopback;
        DemoSite? demo = isDemonstration ? await CreateDemoSiteAsync(minter) : null;
        Announcement announcement = new(PublicAddress, AdminAddress, node.DataDirectoryPath, node.AdminKeyPath, demo, [.. Notices()]);
        await announcement.WriteAsync(output);
        isServing = true;
        Log.Serving(logger, PublicAddress, AdminAddress);
    }

    private static async Task<INode> OpenNodeAsync(NodeStart start) =>
        start.Settings.Store.IsShared ? await SharedNode.OpenAsync(start) : await EmbeddedNode.OpenAsync(start);

    private async Task<DemoSite> CreateDemoSiteAsync(TokenMinter minter)
    {
        DemoSite demo = await DemoSite.CreateAsync(node.Sites, minter, settings.Tokens.DefaultTtlSeconds);
        await TellAsync(AuditedAction.CreateSite, demo.Key.ToString());
        await TellAsync(AuditedAction.MintTokens, demo.Key.ToString(), tokens: 1);
        return demo;
    }

    private async Task TellAsync(AuditedAction action, string? target = null, long? tokens = null)
    {
        try
        {
            await audit.TellAsync(action, target, tokens);
        }
        catch (IOException exception)
        {
            throw new StartupException(exception.Message, exception);
        }
    }

    private IEnumerable<string> Notices()
    {
        if (node.IsAdminKeyReplaced) yield return $"There was no admin key; a new one was made in {node.AdminKeyPath}.";
    }

    private Listener BuildPublicListener()
    {
        Listener listener = new(
            "Gateway:Listen",
            settings.Gateway.Listen,
            new ListenerLimits { MaxBodySize = VerificationEndpoint.MaxBodySizeOnTheWire, MaxConnections = ConnectionLimit.ReadPublic() },
            onSocketThreads: true,
            ListenerTelemetry)
        {
            DrainGrace = TimeSpan.FromSeconds(1),
        };
        Verifier verifier = new(node.Sites.Directory, node.Codec, node.Redeemer, clock, settings.Gateway.TestKeys, node.FreshSites);
        ILogger<VerificationEndpoint> endpointLogger = loggers.CreateLogger<VerificationEndpoint>();
        listener.App.UseVerification(KnownDialects.All.Select(dialect => new VerificationEndpoint(
            dialect,
            verifier,
            invalidSecrets,
            new VerificationMetrics(meter, dialect.Name, clock),
            settings.Gateway.AllowGetVerification,
            endpointLogger)));
        listener.App.UseRouting();
        listener.App.MapServerTokens(new ServerTokenEndpoint(
            node.Sites.Directory,
            serverTokens,
            node.Redeemer,
            invalidSecrets,
            tokenMetrics,
            clock,
            loggers.CreateLogger<ServerTokenEndpoint>(),
            node.FreshSites));
        listener.App.MapHealth(readiness);
        listener.App.MapFallback("{**path}", NotFound.HandleAsync);
        return listener;
    }

    private Listener BuildAdminListener(TokenMinter minter)
    {
        Listener listener = new(
            "Gateway:AdminListen",
            settings.Gateway.AdminListen,
            new ListenerLimits { MaxBodySize = AdminEndpoints.MaxBodySize, MaxConnections = ConnectionLimit.Admin },
            onSocketThreads: false,
            ListenerTelemetry)
        {
            ShutdownGrace = TimeSpan.FromSeconds(2),
        };
        listener.App.MapHealth(readiness);
        listener.App.MapOpenApi(OpenApiDescription.Compose(settings.Gateway.PublicUrl ?? PublicAddress, settings.Gateway.AllowGetVerification));
        listener.App.MapAdmin(
            new AdminKeyGuard(node.AdminKey, invalidSecrets),
            new SiteCalls(
                node.Sites, minter, new ServerTokenCheck(serverTokens, new ServerTokenUses(node.Redeemer, clock)), settings.Tokens),
            new TokenInspector(node.Codec, node.Redeemer),
            new KeyCalls(node.Keys),
            new BackupCalls(backup),
            audit,
            new NonceCalls(node.Sites, new NonceRedeemer(node.Redeemer, settings.Redemption.MaxClockSkewSeconds), clock),
            new ManagementGuard(node.ManagementTokens, invalidSecrets),
            new ManagementTokenCalls(node.ManagementTokens),
            new ManagementSiteCalls(node.Sites, settings.Tokens),
            loggers);
        return listener;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Serving verification at {Listen} and the admin API at {AdminListen}.")]
        public static partial void Serving(ILogger logger, Uri listen, Uri adminListen);

        [LoggerMessage(LogLevel.Information, "Told to end: not ready any more; what was accepted is finished.")]
        public static partial void Ending(ILogger logger);

        [LoggerMessage(LogLevel.Information, "Ended: all that was accepted is answered, and the ledger is closed.")]
        public static partial void Ended(ILogger logger);
    }
}
