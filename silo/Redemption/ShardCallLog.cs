using System.Diagnostics.Metrics;
using CaptchaCluster.Gateway.Logging;

namespace CaptchaCluster.Silo.Redemption;

/// <summary>Measures calls to shards, counts those that failed, and tells of them once a minute.</summary>
internal sealed partial class ShardCallLog(Meter meter, ILogger<ShardCallLog> logger, TimeProvider clock)
{
    private static readonly InstrumentAdvice<int> SizeBuckets = new() { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] };

    private readonly Histogram<int> batch = meter.CreateHistogram(
        "captchacluster.shard.batch", "{request}", "Requests in one call of this gateway to a silo.", advice: SizeBuckets);

    private readonly Counter<long> failures = meter.CreateCounter<long>(
        "captchacluster.shard.calls.failed", "{call}", "Calls of this gateway to shards that ended without an answer; their requests went again.");

    private readonly OncePerMinute failed = new(clock);

    public void Calls(int requests) => batch.Record(requests);

    public void CallFailed(Exception exception)
    {
        failures.Add(1);
        if (failed.Admits(out long times)) Log.CallFailed(logger, times, exception.GetType().Name, exception.Message);
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "A call to a shard failed, and its requests go again; such took place {Times} times since last told. Last: {Type}: {Message}")]
        public static partial void CallFailed(ILogger logger, long times, string type, string message);
    }
}
