using System.Diagnostics.Metrics;
using CaptchaCluster.Gateway.Logging;
using Microsoft.AspNetCore.Connections;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>Counts a listener's connections, and closes those beyond its limit as they come (I10).</summary>
internal sealed partial class ConnectionGate
{
    private readonly int limit;
    private readonly string setting;
    private readonly ILogger<ConnectionGate> logger;
    private readonly Counter<long> refused;
    private readonly OncePerMinute line;
    private readonly TaskCompletionSource empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int open;
    private volatile bool isClosing;

    /// <param name="limit">Connections at once.</param>
    /// <param name="setting">The setting that names the listener's address: it tells the listener in lines and labels.</param>
    /// <param name="telemetry">Where refusals are counted and told.</param>
    public ConnectionGate(int limit, string setting, ListenerTelemetry telemetry)
    {
        this.limit = limit;
        this.setting = setting;
        logger = telemetry.Loggers.CreateLogger<ConnectionGate>();
        line = new OncePerMinute(telemetry.Clock);
        refused = telemetry.Meter.CreateCounter<long>(
            "captchacluster.connections.refused", "{connection}", "Connections that were closed as they came: there were too many.");
    }

    /// <summary>Completes once there is no connection any more; to be asked when none can come.</summary>
    public Task WhenEmptyAsync()
    {
        isClosing = true;
        if (Volatile.Read(ref open) == 0) empty.TrySetResult();
        return empty.Task;
    }

    public async Task AdmitAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (Interlocked.Increment(ref open) > limit)
        {
            Left();
            Refuse();
            await connection.DisposeAsync();
            return;
        }

        try
        {
            await next(connection);
        }
        finally
        {
            Left();
        }
    }

    private void Refuse()
    {
        refused.Add(1, new KeyValuePair<string, object?>("listener", setting));
        if (line.Admits(out long times)) Log.Refused(logger, setting, limit, times);
    }

    private void Left()
    {
        if (Interlocked.Decrement(ref open) == 0 && isClosing) empty.TrySetResult();
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "{Setting} has {Limit} connections and takes no more: {Times} were closed as they came since last told. "
            + "Somebody may be holding them; or raise the limit of open files (ulimit -n).")]
        public static partial void Refused(ILogger logger, string setting, int limit, long times);
    }
}
