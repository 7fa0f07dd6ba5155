using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Redemption;

/// <summary>
/// Runs one shard with natural batching (group commit): while one commit is in flight, arrivals queue; the next commit takes
/// them all. No timers, and no latency added when idle. Owns the shard, not the store.
/// <para>
/// A few threads take turns (leader/followers): the leader commits a batch, hands the lead on, and then runs what awaits the
/// answers of its batch while the next leader commits. So no answer waits for another thread to wake up. What awaits an
/// answer must not block; it may take the time of a response.
/// </para>
/// </summary>
public sealed class ShardHost : IRedeemer, IAsyncDisposable
{
    private const long Idle = long.MinValue;

    // One that commits, the others answering. Two at least, or commits would wait for the answers of the last batch.
    private static readonly int ThreadCount = Math.Clamp(Environment.ProcessorCount, 2, 8);

    private readonly IRedemptionStore store;
    private readonly RedemptionShard shard;
    private readonly CommitCycle cycle;
    private readonly PurgeClock purgeClock;
    private readonly ShardHostOptions options;
    private readonly IShardObserver observer;
    private readonly TimeProvider clock;
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guards the four fields below it; pulsed when the first request arrives.
    private readonly object gate = new();
    private List<RedemptionOperation> arrivals = [];
    private List<PeekOperation> peeks = [];
    private int carried; // from the last turn into the next, or the one that runs
    private bool closed;

    // Held by the leader; guards the fields below it, the shard and the store: there is one commit at a time.
    private readonly Lock lead = new();
    private readonly List<RedemptionOperation> again = [];
    private List<PeekOperation> takenPeeks = [];
    private long purged;
    private bool wasFrozen;

    // Since when the store has been asked for what it has not done yet; any thread may look.
    private long busySince = Idle;
    private int running = ThreadCount;

    /// <param name="store">Already recovered.</param>
    /// <param name="shard">Already knows what the store holds.</param>
    /// <param name="authority">Which generations may redeem; null with a shared store, which judges that itself.</param>
    /// <param name="clock">Wall and monotonic time.</param>
    /// <param name="options">Limits.</param>
    /// <param name="observer">Hears of turns and failures.</param>
    public ShardHost(
        IRedemptionStore store,
        RedemptionShard shard,
        ISiteAuthority? authority,
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
        purged = clock.GetTimestamp();
        for (int i = 0; i < ThreadCount; i++) new Thread(Run) { Name = "redemption shard", IsBackground = true }.Start();
    }

    public UnixSeconds IssuedFloor => store.IssuedFloor;

    public bool IsReady => store.CanCommit && !Volatile.Read(ref closed) && !IsStalled && Queued < options.MaxQueued;

    /// <summary>Requests that wait for the next turn.</summary>
    public int Queued
    {
        get
        {
            lock (gate) return arrivals.Count + carried;
        }
    }

    public ValueTask<RedemptionOutcome> RedeemAsync(in RedemptionRequest request)
    {
        RedemptionOperation operation = new(request);
        ValueTask<RedemptionOutcome> outcome;
        bool isTaken;
        lock (gate) isTaken = TryTake(operation, out outcome);
        if (!isTaken) observer.Overloaded();
        return outcome;
    }

    public void RedeemAll(ReadOnlySpan<RedemptionRequest> requests, Span<ValueTask<RedemptionOutcome>> outcomes)
    {
        RedemptionOperation[] operations = new RedemptionOperation[requests.Length];
        for (int i = 0; i < operations.Length; i++) operations[i] = new RedemptionOperation(requests[i]);
        int overloaded = 0;
        lock (gate)
        {
            for (int i = 0; i < operations.Length; i++)
            {
                if (!TryTake(operations[i], out outcomes[i])) overloaded++;
            }
        }

        for (; overloaded > 0; overloaded--) observer.Overloaded();
    }

    public ValueTask<PeekOutcome> PeekAsync(TokenId token, UnixSeconds expiresAt, SiteGeneration? asker = null)
    {
        PeekOperation operation = new(token, expiresAt, asker);
        lock (gate)
        {
            if (closed) return new(default(PeekOutcome));
            if (peeks.Count >= options.MaxQueued) return new(new PeekOutcome(PeekStatus.Overloaded));
            peeks.Add(operation);
            if (peeks.Count == 1) Monitor.Pulse(gate);
        }

        return new(operation.Task);
    }

    /// <summary>Refuses what comes from now on, answers what was accepted, and returns.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            closed = true;
            Monitor.Pulse(gate); // only the leader waits here
        }

        await ended.Task;
    }

    private bool IsStalled => Volatile.Read(ref busySince) is not Idle and long began && clock.GetElapsedTime(began) >= options.StalledAfter;

    // With the gate held.
    private bool TryTake(RedemptionOperation operation, out ValueTask<RedemptionOutcome> outcome)
    {
        if (closed)
        {
            outcome = new(new RedemptionOutcome(RedemptionStatus.Unknown));
            return true;
        }

        // I10: a token that cannot be settled carries those who wait for it from turn to turn; they hold their places in the queue.
        if (arrivals.Count + carried >= options.MaxQueued)
        {
            outcome = new(new RedemptionOutcome(RedemptionStatus.Overloaded));
            return false;
        }

        arrivals.Add(operation);
        if (arrivals.Count == 1) Monitor.Pulse(gate);
        outcome = operation.Task;
        return true;
    }

    private void Run()
    {
        List<RedemptionOperation> taken = [];
        while (Lead(ref taken))
        {
            foreach (RedemptionOperation operation in taken) operation.Complete();
            taken.Clear();
        }

        if (Interlocked.Decrement(ref running) == 0) ended.SetResult();
    }

    /// <summary>One turn in the lead: leaves the operations that are answered. False at the end, when all is answered.</summary>
    private bool Lead(ref List<RedemptionOperation> taken)
    {
        lock (lead)
        {
            try
            {
                if (clock.GetElapsedTime(purged) >= options.PurgeInterval) Purge();

                // Where processors are short, whoever has read a request gets to hand it over before the commit is cut off.
                Thread.Yield();
                if (!TakeArrivals(ref taken)) return false;
                Turn(taken);
                AnswerPeeks();
            }
            catch (Exception exception)
            {
                observer.HostFailed(exception);
                AnswerAllUnknown(taken);
            }

            return true;
        }
    }

    /// <summary>Waits for requests, for the time to purge, or for the end; false at the end, when all is answered.</summary>
    private bool TakeArrivals(ref List<RedemptionOperation> taken)
    {
        lock (gate)
        {
            carried = again.Count;
            if (arrivals.Count == 0 && carried == 0 && peeks.Count == 0)
            {
                if (closed) return false;
                Monitor.Wait(gate, options.PurgeInterval);
            }

            (arrivals, taken) = (taken, arrivals);
            (peeks, takenPeeks) = (takenPeeks, peeks);
        }

        // Who waited longest leads the next commit.
        taken.InsertRange(0, again);
        again.Clear();
        return true;
    }

    private void Turn(List<RedemptionOperation> taken)
    {
        if (taken.Count == 0) return;
        long started = clock.GetTimestamp();
        Volatile.Write(ref busySince, started);
        int requests = taken.Count;
        Finish(cycle.RunAsync(taken, UnixSeconds.Now(clock), again));
        Volatile.Write(ref busySince, Idle);
        if (cycle.LastFailure is { } failure) observer.CommitFailed(failure);
        if (again.Count > 0) taken.RemoveAll(again.ToHashSet().Contains);
        observer.TurnEnded(new ShardTurn(requests - again.Count, cycle.LastCommitSize, cycle.LastRetired, clock.GetElapsedTime(started)));
    }

    /// <summary>After the turn: nothing is in flight, and the look begins after whoever asked for it came.</summary>
    private void AnswerPeeks()
    {
        if (takenPeeks.Count == 0) return;
        Volatile.Write(ref busySince, clock.GetTimestamp());
        Finish(cycle.PeekAsync(takenPeeks, UnixSeconds.Now(clock)));
        Volatile.Write(ref busySince, Idle);
        takenPeeks.Clear();
    }

    private void Purge()
    {
        purged = clock.GetTimestamp();
        UnixSeconds? upTo = purgeClock.PurgeUpTo(UnixSeconds.Now(clock), clock.GetElapsedTime(0));
        if (purgeClock.IsFrozen != wasFrozen)
        {
            wasFrozen = purgeClock.IsFrozen;
            if (wasFrozen) observer.PurgeFrozen(purgeClock.Drift);
            else observer.PurgeThawed();
        }

        if (upTo is { } time && store.CanCommit) PurgeStore(time);
        shard.RaiseHorizon(store.Horizon); // which others may have raised, where the ledger is shared
    }

    private void PurgeStore(UnixSeconds upTo)
    {
        Volatile.Write(ref busySince, purged);
        try
        {
            Finish(store.PurgeAsync(upTo));
        }
        catch (UnknownOutcomeException exception)
        {
            observer.CommitFailed(exception);
        }

        Volatile.Write(ref busySince, Idle);
    }

    // The leader's thread has nothing else to do.
    private static void Finish(ValueTask work)
    {
        if (work.IsCompletedSuccessfully) work.GetAwaiter().GetResult();
        else work.AsTask().GetAwaiter().GetResult();
    }

    // Whatever went wrong, nobody is left waiting and nothing more is granted (I9).
    private void AnswerAllUnknown(List<RedemptionOperation> taken)
    {
        lock (gate)
        {
            closed = true;
            taken.AddRange(arrivals);
            arrivals.Clear();
            takenPeeks.AddRange(peeks);
            peeks.Clear();
        }

        // A turn that broke off may have left an operation in both.
        taken.AddRange(again.Except(taken).ToList());
        again.Clear();
        foreach (RedemptionOperation operation in taken) operation.Outcome = new RedemptionOutcome(RedemptionStatus.Unknown);
        foreach (PeekOperation peek in takenPeeks) peek.Complete(default);
        takenPeeks.Clear();
    }
}
