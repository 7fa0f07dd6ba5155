using System.Diagnostics.Metrics;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>Where listeners log and measure; nothing of it is theirs.</summary>
internal sealed record ListenerTelemetry(ILoggerFactory Loggers, Meter Meter, TimeProvider Clock);
