using CaptchaCluster.Sites;

namespace CaptchaCluster.Redemption;

/// <summary>
/// Runs one shard on a thread of its own with natural batching (group commit): while one commit is in flight, arrivals
/// queue; the next commit takes them all. No timers, and no latency added when idle. Owns the shard, not the store.
/// </summary>
public sealed class ShardHost : IRedeemer, IAsyncDisposable
{
    private const int EnoughForACommit = 128;

    private readonly IRedemptionStore store;
    private readonly RedemptionShard shard;
    private readonly CommitCycle cycle;
    private readonly PurgeClock purgeClock;
    private readonly ShardHostOptions options;
    private readonly IShardObserver observer;
    private readonly TimeProvider clock;
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guards the three fields below it; pulsed when the first request arrives.
    private readonly object gate = new();
    private List<RedemptionOperation> arrivals = [];
    private int carried; // from the last turn into the next, or the one that runs
    private bool closed;

    // The loop's own.
    private List<RedemptionOperation> taken = [];
    private readonly List<RedemptionOperation> again = [];
    private bool wasFrozen;

    /// <param name="store">Already recovered.</param>
    /// <param name="shard">Already knows what the store holds.</param>
    /// <param name="authority">Which generations may redeem.</param>
    /// <param name="clock">Wall and monotonic time.</param>
    /// <param name="options">Limits.</param>
    /// <param name="observer">Hears of turns and failures.</param>
    public ShardHost(
        IRedemptionStore store,
        RedemptionShard shard,
        ISiteAuthority authority,
        TimeProvider clock,
        ShardHostOptions options,
        IShardObserver observer)
    {
        this.store = store;
        this.shard = shard;
        this.clock = clock;
        this.options = options;
        this.observer = observer;
        cycle = new CommitCycle(shard, store, authority);
        purgeClock = new PurgeClock(options.MaxClockSkewSeconds, UnixSeconds.Now(clock), clock.GetElapsedTime(0));
        new Thread(Run) { Name = "redemption shard", IsBackground = true }.Start();
    }

    public UnixSeconds IssuedFloor => store.IssuedFloor;

    public bool IsReady => store.CanCommit && !Volatile.Read(ref closed);

    public ValueTask<RedemptionOutcome> RedeemAsync(in RedemptionRequest request)
    {
        RedemptionOperation operation = new(request);
        lock (gate)
        {
            if (closed) return new(new RedemptionOutcome(RedemptionStatus.Unknown));

            // I10: a token that cannot be settled carries those who wait for it from turn to turn; they hold their places in the queue.
            if (arrivals.Count + carried >= options.MaxQueued) return new(new RedemptionOutcome(RedemptionStatus.Overloaded));
            arrivals.Add(operation);
            if (arrivals.Count == 1) Monitor.Pulse(gate);
        }

        return operation.Task;
    }

    /// <summary>Refuses what comes from now on, answers what was accepted, and returns.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            closed = true;
            Monitor.Pulse(gate);
        }

        await ended.Task;
    }

    private void Run()
    {
        try
        {
            long purged = clock.GetTimestamp();
            while (TakeArrivals())
            {
                Turn();
                if (clock.GetElapsedTime(purged) < options.PurgeInterval) continue;
                purged = clock.GetTimestamp();
                Purge();
            }
        }
        catch (Exception exception)
        {
            observer.HostFailed(exception);
            AnswerAllUnknown();
        }
        finally
        {
            ended.SetResult();
        }
    }

    /// <summary>Waits for requests, for the time to purge, or for the end; false at the end, when all is answered.</summary>
    private bool TakeArrivals()
    {
        lock (gate)
        {
            carried = again.Count;
            if (arrivals.Count == 0 && carried == 0)
            {
                if (closed) return false;
                Monitor.Wait(gate, options.PurgeInterval);
            }
        }

        Gather();
        lock (gate) (arrivals, taken) = (taken, arrivals);

        // Who waited longest leads the next commit.
        taken.InsertRange(0, again);
        again.Clear();
        return true;
    }

    /// <summary>
    /// A commit costs about the same for one request as for fifty, so while requests come in without a pause the next commit
    /// lets the threads that bring them go first. It never waits: when a turn of the scheduler brought nothing, or as many
    /// have come as make a commit cheap, it goes.
    /// </summary>
    private void Gather()
    {
        for (int before = -1, count = Count(); count > before && count < EnoughForACommit; before = count, count = Count())
            Thread.Yield();

        int Count()
        {
            lock (gate) return arrivals.Count;
        }
    }

    private void Turn()
    {
        if (taken.Count == 0) return;
        long started = clock.GetTimestamp();
        int requests = taken.Count;
        ValueTask turn = cycle.RunAsync(taken, UnixSeconds.Now(clock), again);
        if (turn.IsCompletedSuccessfully) turn.GetAwaiter().GetResult();
        else turn.AsTask().GetAwaiter().GetResult();
        if (cycle.LastFailure is { } failure) observer.CommitFailed(failure);
        if (again.Count > 0) taken.RemoveAll(again.ToHashSet().Contains);
        OperationGroup.Complete(taken);
        taken.Clear();
        observer.TurnEnded(requests - again.Count, cycle.LastCommitSize, clock.GetElapsedTime(started));
    }

    private void Purge()
    {
        UnixSeconds? upTo = purgeClock.PurgeUpTo(UnixSeconds.Now(clock), clock.GetElapsedTime(0));
        if (purgeClock.IsFrozen != wasFrozen)
        {
            wasFrozen = purgeClock.IsFrozen;
            if (wasFrozen) observer.PurgeFrozen(purgeClock.Drift);
            else observer.PurgeThawed();
        }

        if (upTo is null || !store.CanCommit) return;
        try
        {
            store.PurgeAsync(upTo.Value).AsTask().GetAwaiter().GetResult();
            shard.RaiseHorizon(store.Horizon);
        }
        catch (UnknownOutcomeException exception)
        {
            observer.CommitFailed(exception);
        }
    }

    // Whatever went wrong, nobody is left waiting and nothing more is granted (I9).
    private void AnswerAllUnknown()
    {
        lock (gate)
        {
            closed = true;
            taken.AddRange(arrivals);
            arrivals.Clear();
        }

        // A turn that broke off may have left an operation in both.
        taken = [.. taken.Union(again)];
        foreach (RedemptionOperation operation in taken) operation.Outcome = new RedemptionOutcome(RedemptionStatus.Unknown);
        OperationGroup.Complete(taken);
    }
}
