using CaptchaCluster.Grains.Redemption;
using CaptchaCluster.Redemption;

namespace CaptchaCluster.Silo.Redemption;

/// <summary>What a gateway knows of the cluster's ledger: asks a silo every half second, and learns from every reply of a shard.</summary>
internal sealed partial class LedgerWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    // A silo that hangs is passed over after one call that timed out; readiness is not to flicker meanwhile.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);

    private readonly AnySilo silos;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly CancellationTokenSource stopping = new();
    private readonly Task watching;
    private volatile ShardLanes lanes;
    private long issuedFloor;
    private long heard;
    private volatile bool isReady;

    private LedgerWatch(AnySilo silos, LedgerState state, TimeProvider clock, ILogger logger)
    {
        (this.silos, this.clock, this.logger) = (silos, clock, logger);
        Shards = new ShardCount(state.Shards);
        lanes = ShardLanes.Apart(Shards);
        Learn(state);
        watching = WatchAsync();
    }

    /// <summary>As the cluster had it when this gateway started.</summary>
    public ShardCount Shards { get; }

    public UnixSeconds IssuedFloor => new(Volatile.Read(ref issuedFloor));

    public bool IsReady => isReady && clock.GetElapsedTime(Volatile.Read(ref heard)) < Patience;

    /// <summary>As the silos had them lately.</summary>
    public ShardLanes Lanes => lanes;

    public static async Task<LedgerWatch> StartAsync(AnySilo silos, TimeProvider clock, ILogger logger) =>
        new(silos, await silos.AskAsync<ILedgerGrain, LedgerState>(grain => grain.StateAsync()), clock, logger);

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await watching;
        stopping.Dispose();
    }

    /// <summary>Never shrinks.</summary>
    public void LearnFloor(long floor)
    {
        long known = Volatile.Read(ref issuedFloor);
        while (known < floor)
        {
            long seen = Interlocked.CompareExchange(ref issuedFloor, floor, known);
            if (seen == known) return;
            known = seen;
        }
    }

    private async Task WatchAsync()
    {
        while (true)
        {
            await Task.Delay(Interval, clock, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stopping.IsCancellationRequested) return;
            try
            {
                // One that cannot commit, and others that can: what is sent to their shards is recorded.
                Learn(await silos.AskAsync<ILedgerGrain, LedgerState>(grain => grain.StateAsync(), state => state.IsReady).WaitAsync(stopping.Token).ConfigureAwait(false));
            }
            catch (Exception) when (!stopping.IsCancellationRequested)
            {
                // Whoever redeems tells of it; here only the time goes on.
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Learn(LedgerState state)
    {
        LearnFloor(state.IssuedFloor);
        bool isOurs = state.Shards == Shards.Value;
        if (state.Lanes is { } known && known.Length == Shards.Value && known.All(lane => lane >= 0 && lane < known.Length)) lanes = new ShardLanes(known);
        if (!isOurs && isReady) Log.OtherShards(logger, state.Shards, Shards.Value);
        isReady = state.IsReady && isOurs;
        Volatile.Write(ref heard, clock.GetTimestamp());
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The cluster has {Actual} shards now, and this gateway started with {Known}: it answers 503. Start it again.")]
        public static partial void OtherShards(ILogger logger, int actual, int known);
    }
}
