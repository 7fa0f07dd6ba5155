using CaptchaCluster.Gateway.Logging;
using CaptchaCluster.Redemption;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>Tells the operator what happens in shards over a shared database: what fails there comes back by itself.</summary>
internal sealed partial class SharedShardLog(ILogger<SharedShardLog> logger, TimeProvider clock) : IShardObserver
{
    private static readonly TimeSpan SlowCommit = TimeSpan.FromSeconds(1);

    private readonly OncePerMinute failed = new(clock);
    private readonly OncePerMinute slow = new(clock);
    private readonly OncePerMinute overloaded = new(clock);

    public void TurnEnded(in ShardTurn turn)
    {
        if (turn.Elapsed >= SlowCommit && slow.Admits(out long times)) Log.Slow(logger, turn.Elapsed.TotalSeconds, turn.Committed, times);
    }

    public void Overloaded()
    {
        if (overloaded.Admits(out long times)) Log.Overloaded(logger, times);
    }

    public void CommitFailed(Exception exception)
    {
        if (failed.Admits(out long times)) Log.CommitFailed(logger, exception, times);
    }

    public void PurgeFrozen(long driftSeconds) => Log.PurgeFrozen(logger, driftSeconds);

    public void PurgeThawed() => Log.PurgeThawed(logger);

    public void HostFailed(Exception exception) => Log.HostFailed(logger, exception);

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error,
            "The database did not confirm a commit: its requests were answered 503. Such took place {Times} times since last told. "
            + "Verifications go on as soon as it is reached.")]
        public static partial void CommitFailed(ILogger logger, Exception exception, long times);

        [LoggerMessage(
            LogLevel.Warning,
            "A commit of {Redemptions} redemptions took {Seconds:0.0} s; such took place {Times} times since last told. Is the database overloaded?")]
        public static partial void Slow(ILogger logger, double seconds, int redemptions, long times);

        [LoggerMessage(
            LogLevel.Warning,
            "The queue of redemptions is full: {Times} requests were answered 503 since last told. The database does not keep up.")]
        public static partial void Overloaded(ILogger logger, long times);

        [LoggerMessage(
            LogLevel.Error,
            "Wall clock and monotonic clock disagree by {DriftSeconds} s: this gateway forgets no redemption until they agree. Check the time service.")]
        public static partial void PurgeFrozen(ILogger logger, long driftSeconds);

        [LoggerMessage(LogLevel.Information, "Wall clock and monotonic clock agree again: expired redemptions are forgotten as usual.")]
        public static partial void PurgeThawed(ILogger logger);

        [LoggerMessage(
            LogLevel.Critical,
            "The redemption loop ended by an error of the program: verifications are answered 503. Restart, and report this.")]
        public static partial void HostFailed(ILogger logger, Exception exception);
    }
}
