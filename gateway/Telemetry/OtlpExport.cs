using System.Reflection;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Settings;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace CaptchaCluster.Gateway.Telemetry;

/// <summary>
/// Sends measurements and traces to a collector, from threads of its own: one that is slow or gone costs verification
/// nothing, and the shutdown no more than <see cref="ShutdownGrace"/> for each of the two.
/// </summary>
internal sealed partial class OtlpExport : IDisposable
{
    private const string ServiceName = "captchacluster";
    private const string SamplerVariable = "OTEL_TRACES_SAMPLER";

    private static readonly TimeSpan ShutdownGrace = TimeSpan.FromSeconds(1);
    private static readonly string[] Meters = [Instrumentation.Name, "System.Runtime", "Microsoft.AspNetCore.Server.Kestrel"];

    private readonly ILogger logger;
    private readonly ExportFailures failures;
    private MeterProvider? metrics;
    private TracerProvider? traces;

    private OtlpExport(ILoggerFactory loggers, TimeProvider clock)
    {
        logger = loggers.CreateLogger<OtlpExport>();
        failures = new ExportFailures(loggers.CreateLogger<ExportFailures>(), clock);
    }

    /// <summary>Null where nothing is to be exported.</summary>
    /// <exception cref="StartupException">The library cannot use its variables.</exception>
    public static OtlpExport? Start(OtlpSettings? settings, IConfiguration configuration, ILoggerFactory loggers, TimeProvider clock)
    {
        if (settings is null) return null;
        OtlpExport export = new(loggers, clock);
        try
        {
            export.metrics = BuildMetrics(settings, configuration);
            export.traces = BuildTraces(settings, configuration);
            return export;
        }
        catch (Exception exception)
        {
            export.Dispose();
            throw new StartupException($"The OTEL_ variables cannot be used: {exception.Message}", exception);
        }
    }

    /// <summary>Sends what has not been sent, as far as the collector takes it in time.</summary>
    public void Dispose()
    {
        bool isSent = metrics?.Shutdown((int)ShutdownGrace.TotalMilliseconds) ?? true;
        isSent &= traces?.Shutdown((int)ShutdownGrace.TotalMilliseconds) ?? true;
        if (!isSent) Log.NotSent(logger);
        metrics?.Dispose();
        traces?.Dispose();
        failures.Dispose();
    }

    private static MeterProvider BuildMetrics(OtlpSettings settings, IConfiguration configuration) => Sdk.CreateMeterProviderBuilder()
        .ConfigureServices(services => services.AddSingleton(configuration))
        .SetResourceBuilder(Resource())
        .AddMeter(Meters)
        .AddOtlpExporter(options => options.Protocol = settings.Protocol)
        .Build();

    private static TracerProvider BuildTraces(OtlpSettings settings, IConfiguration configuration)
    {
        TracerProviderBuilder traces = Sdk.CreateTracerProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(configuration))
            .SetResourceBuilder(Resource())
            .AddSource(Instrumentation.Name)
            .AddOtlpExporter(options => options.Protocol = settings.Protocol);
        if (configuration[SamplerVariable] is null or "") traces.SetSampler(new RequestSampler());
        return traces.Build();
    }

    // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come last, and win.
    private static ResourceBuilder Resource() => ResourceBuilder.CreateEmpty()
        .AddService(ServiceName, serviceVersion: typeof(OtlpExport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion)
        .AddTelemetrySdk()
        .AddEnvironmentVariableDetector();

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The last measurements or traces were not taken by the collector in time.")]
        public static partial void NotSent(ILogger logger);
    }
}
