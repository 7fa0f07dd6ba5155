using CaptchaCluster.Gateway.Logging;
using CaptchaCluster.Redemption;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>Tells the operator what happens in the shard's host.</summary>
internal sealed partial class ShardLog(ILogger<ShardLog> logger, TimeProvider clock) : IShardObserver
{
    private static readonly TimeSpan SlowCommit = TimeSpan.FromSeconds(1);

    private readonly OncePerMinute slow = new(clock);
    private readonly OncePerMinute overloaded = new(clock);
    private int failures;

    public void TurnEnded(in ShardTurn turn)
    {
        if (turn.Elapsed >= SlowCommit && slow.Admits(out long times)) Log.Slow(logger, turn.Elapsed.TotalSeconds, turn.Committed, times);
    }

    public void Overloaded()
    {
        if (overloaded.Admits(out long times)) Log.Overloaded(logger, times);
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
            LogLevel.Warning,
            "A commit of {Redemptions} redemptions took {Seconds:0.0} s; such took place {Times} times since last told. Is the disk overloaded?")]
        public static partial void Slow(ILogger logger, double seconds, int redemptions, long times);

        [LoggerMessage(
            LogLevel.Warning,
            "The queue of redemptions is full: {Times} requests were answered 503 since last told. The disk does not keep up.")]
        public static partial void Overloaded(ILogger logger, long times);

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
