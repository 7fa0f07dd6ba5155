using System.Diagnostics.Metrics;
using CaptchaCluster.Gateway.Admin.Audit;
using CaptchaCluster.Gateway.Health;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Logging;
using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Gateway.Telemetry;
using CaptchaCluster.Silo.Settings;

namespace CaptchaCluster.Silo.Hosting;

/// <summary>A silo that is no gateway: the one thing it tells by HTTP is its health. Disposing it is the graceful shutdown.</summary>
internal sealed partial class SiloProcess : IAsyncDisposable
{
    private readonly NodeSettings settings;
    private readonly TimeProvider clock;
    private readonly ILoggerFactory loggers;
    private readonly ILogger logger;
    private readonly Meter meter = new(Instrumentation.Name);
    private OtlpExport? export;
    private SiloMember? silo;
    private Readiness? readiness;
    private Listener? health;
    private bool isServing;

    private SiloProcess(NodeSettings settings, IConfiguration configuration, TimeProvider clock)
    {
        this.settings = settings;
        this.clock = clock;
        loggers = GatewayLogging.Create(configuration, new Redaction(settings.Gateway.AdminKey), clock);
        logger = loggers.CreateLogger<SiloProcess>();
    }

    /// <exception cref="StartupException">The start is refused; nothing is left open.</exception>
    public static async Task<SiloProcess> StartAsync(
        ClusterSettings cluster, NodeSettings settings, IConfiguration configuration, bool restored, TimeProvider clock, TextWriter output)
    {
        SiloProcess process = new(settings, configuration, clock);
        try
        {
            process.export = OtlpExport.Start(settings.Otlp, configuration, process.loggers, clock);
            process.silo = await SiloMember.StartAsync(cluster, new NodeStart(settings, restored, process.meter, clock, process.loggers));
            await process.ServeHealthAsync(cluster.HealthListen);
            await process.TellStartAsync(restored ? AuditedAction.StartRestored : AuditedAction.Start);
            process.isServing = true;
            await output.WriteLineAsync($"CaptchaCluster is running, as a silo of '{cluster.Id}'.\n  health          {process.health!.Address}healthz/ready");
            await output.FlushAsync();
            if (cluster.Clustering == Settings.Clustering.Single) Log.ServingAlone(process.logger, cluster.Id, cluster.GatewayPort);
            else Log.Serving(process.logger, cluster.Id, cluster.SiloPort, cluster.GatewayPort);
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        readiness?.BeginShutdown();
        if (isServing) Log.Ending(logger);
        if (isServing) await TellStopAsync();
        if (silo is not null) await silo.DisposeAsync();
        if (health is not null) await health.DisposeAsync();
        export?.Dispose();
        meter.Dispose();
        if (isServing) Log.Ended(logger);
        loggers.Dispose();
    }

    private async Task TellStartAsync(AuditedAction action)
    {
        try
        {
            await silo!.AuditLog.AppendAsync(action.ByProcess(clock));
        }
        catch (IOException exception)
        {
            throw new StartupException(exception.Message, exception);
        }
    }

    private async Task TellStopAsync()
    {
        try
        {
            await silo!.AuditLog.AppendAsync(AuditedAction.Stop.ByProcess(clock));
        }
        catch (IOException exception)
        {
            Log.StopNotTold(logger, exception);
        }
    }

    private async Task ServeHealthAsync(ListenAddress address)
    {
        readiness = new Readiness(silo!.Redeemer);
        meter.CreateObservableGauge("captchacluster.ready", () => readiness.IsReady ? 1 : 0, "1", "1 while redemptions can be recorded here.");
        health = new Listener(
            "Cluster:HealthListen",
            address,
            new ListenerLimits { MaxBodySize = 0, MaxConnections = ConnectionLimit.Admin },
            onSocketThreads: false,
            new ListenerTelemetry(loggers, meter, clock));
        health.App.UseRouting();
        health.App.MapHealth(readiness);
        health.App.MapFallback("{**path}", NotFound.HandleAsync);
        await health.StartAsync();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "A silo of '{Cluster}': other silos at port {SiloPort}, gateways at port {GatewayPort}.")]
        public static partial void Serving(ILogger logger, string cluster, int siloPort, int gatewayPort);

        [LoggerMessage(LogLevel.Information, "The one silo of '{Cluster}': gateways at port {GatewayPort}.")]
        public static partial void ServingAlone(ILogger logger, string cluster, int gatewayPort);

        [LoggerMessage(LogLevel.Information, "Told to end: the shards are handed over; what was accepted is finished.")]
        public static partial void Ending(ILogger logger);

        [LoggerMessage(LogLevel.Warning, "The audit log cannot be written: it does not tell of this stop.")]
        public static partial void StopNotTold(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Information, "Ended: left the cluster; all that was accepted is answered.")]
        public static partial void Ended(ILogger logger);
    }
}
