using System.Diagnostics.Tracing;
using System.Globalization;
using CaptchaCluster.Gateway.Logging;

namespace CaptchaCluster.Gateway.Telemetry;

/// <summary>Tells the operator when nothing arrives at the collector: the library says it only to who listens for it.</summary>
internal sealed partial class ExportFailures(ILogger<ExportFailures> logger, TimeProvider clock) : EventListener
{
    private const string Source = "OpenTelemetry-Exporter-OpenTelemetryProtocol";

    private readonly OncePerMinute line = new(clock);

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Source) EnableEvents(eventSource, EventLevel.Error);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (!line.Admits(out long times)) return;
        string reason = string.Format(CultureInfo.InvariantCulture, eventData.Message ?? "", [.. eventData.Payload ?? []]);
        Log.Failed(logger, reason.Split('\n')[0], times); // without the stack below it
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Measurements or traces could not be exported, {Times} times since last told. {Reason}")]
        public static partial void Failed(ILogger logger, string reason, long times);
    }
}
