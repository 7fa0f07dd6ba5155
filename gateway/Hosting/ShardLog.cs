using CaptchaCluster.Redemption;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>Tells the operator what happens in the shard's host.</summary>
internal sealed partial class ShardLog(ILogger<ShardLog> logger) : IShardObserver
{
    private int failures;

    public void TurnEnded(in ShardTurn turn)
    {
    }

    public void Overloaded()
    {
    }

    // Once: after the first failure every commit fails, and a line each would bury the one that says why.
    public void CommitFailed(Exception exception)
    {
        if (Interlocked.Increment(ref failures) == 1) Log.CommitFailed(logger, exception);
    }

    public void PurgeFrozen(long driftSeconds) => Log.PurgeFrozen(logger, driftSeconds);

    public void PurgeThawed() => Log.PurgeThawed(logger);

    public void HostFailed(Exception exception) => Log.HostFailed(logger, exception);

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Critical,
            "A redemption could not be made durable: verifications are answered 503 from now on. Mend the disk, then restart.")]
        public static partial void CommitFailed(ILogger logger, Exception exception);

        [LoggerMessage(
            LogLevel.Error,
            "Wall clock and monotonic clock disagree by {DriftSeconds} s: no redemption is forgotten until they agree. Check the time service.")]
        public static partial void PurgeFrozen(ILogger logger, long driftSeconds);

        [LoggerMessage(LogLevel.Information, "Wall clock and monotonic clock agree again: expired redemptions are forgotten as usual.")]
        public static partial void PurgeThawed(ILogger logger);

        [LoggerMessage(
            LogLevel.Critical,
            "The redemption loop ended by an error of the program: verifications are answered 503. Restart, and report this.")]
        public static partial void HostFailed(ILogger logger, Exception exception);
    }
}
