using System.Diagnostics.Metrics;
using CaptchaCluster.Gateway.Settings;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>What a node is opened with; nothing of it is the node's to dispose of.</summary>
/// <param name="Settings">All of them, checked.</param>
/// <param name="Restored">The ledger came from a backup.</param>
/// <param name="Meter">Named <see cref="Instrumentation.Name"/>.</param>
/// <param name="Clock">Wall and monotonic time.</param>
/// <param name="Loggers">Of this process.</param>
internal sealed record NodeStart(NodeSettings Settings, bool Restored, Meter Meter, TimeProvider Clock, ILoggerFactory Loggers);
