using System.Threading.Tasks.Sources;

namespace CaptchaCluster.Redemption;

/// <summary>
/// The way from a gateway to the owner of shards that live in one place. Natural batching: while one call is under way, arrivals
/// queue; the next call takes them all. A call that fails says nothing of its requests (I5), so they go again, each as the same
/// attempt, until its budget is spent.
/// <para>
/// Any route may be dead without anybody knowing, so there are several, the best first. One that failed, or is late, is passed
/// over until it has answered again; a call that is late is left to itself, and the next does not wait for it. A request is in
/// one call at a time.
/// </para>
/// <para>
/// Who asks never blocks. What awaits an answer goes on by the thread that brought it, and must not block either.
/// </para>
/// </summary>
/// <param name="call">
/// Brings a batch to the owner, by the route of that number, and returns the outcomes in its order. Any exception means that
/// nothing is known of any of them. Fails in finite time: it is what bounds how long an answer takes beyond the budget. An empty
/// batch asks whether the route answers.
/// </param>
/// <param name="unknown">What is answered where the budget is spent, and where an outcome does not settle what an earlier call did.</param>
/// <param name="overloaded">What is answered where the queue is full.</param>
/// <param name="settles">
/// Whether an outcome also tells what became of the same request in an earlier call, of which nothing is known: it may have
/// been done then, and a refusal now does not say that it was not (I5).
/// </param>
/// <param name="failed">Hears of every call that failed; must not throw.</param>
/// <param name="options">Limits.</param>
/// <param name="clock">Monotonic time.</param>
public sealed class ShardLink<TRequest, TOutcome>(
    Func<int, IReadOnlyList<TRequest>, Task<IReadOnlyList<TOutcome>>> call,
    TOutcome unknown,
    TOutcome overloaded,
    Func<TOutcome, bool> settles,
    Action<Exception> failed,
    ShardLinkOptions options,
    TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly long?[] doubted = new long?[options.Routes]; // when a route last failed, was late, or was asked whether it answers; null: it does
    private List<Item> queue = [];
    private int taken; // in calls that are under way; they hold their places in the queue
    private int late; // calls that are left to themselves
    private int turn; // of all routes, where each is in doubt
    private bool isPumping;

    /// <summary>Requests that are not answered.</summary>
    public int Queued
    {
        get
        {
            lock (gate) return queue.Count + taken;
        }
    }

    /// <summary>Cannot be cancelled: a caller that hangs up leaves its request in its batch.</summary>
    public ValueTask<TOutcome> SendAsync(in TRequest request)
    {
        Item item = new(request, clock.GetTimestamp());
        lock (gate)
        {
            if (queue.Count + taken >= options.MaxQueued) return new(overloaded);
            queue.Add(item);
            if (isPumping) return item.Task;
            isPumping = true;
        }

        _ = PumpAsync();
        return item.Task;
    }

    private async Task PumpAsync()
    {
        List<Item> answered = [];
        TimeSpan pause = options.FirstPause;
        while (Take() is { Items.Count: > 0 } batch)
        {
            Task<IReadOnlyList<TOutcome>> outcomes = CallAsync(batch);
            Complete(answered); // of the last call, while this one is under way
            answered = [];
            if (await IsLateAsync(outcomes).ConfigureAwait(false) && TryLeave(batch))
            {
                _ = EndLateAsync(batch, outcomes);
            }
            else if (await TrySettleAsync(batch, outcomes).ConfigureAwait(false))
            {
                answered = batch.Items;
                pause = options.FirstPause;
            }
            else
            {
                await Task.Delay(pause * (1 + Random.Shared.NextDouble()), clock).ConfigureAwait(false);
                pause = pause * 2 < options.LongestPause ? pause * 2 : options.LongestPause;
            }
        }

        Complete(answered);
    }

    private async Task EndLateAsync(Batch batch, Task<IReadOnlyList<TOutcome>> outcomes)
    {
        if (await TrySettleAsync(batch, outcomes).ConfigureAwait(false)) Complete(batch.Items);
        lock (gate)
        {
            late--;
            if (isPumping || queue.Count == 0) return;
            isPumping = true;
        }

        await PumpAsync().ConfigureAwait(false);
    }

    /// <summary>What the next call brings; nothing ends the pump.</summary>
    private Batch Take()
    {
        lock (gate)
        {
            List<Item> items = queue;
            if (items.Count <= options.MaxBatch)
            {
                queue = [];
            }
            else
            {
                items = queue[..options.MaxBatch];
                queue.RemoveRange(0, options.MaxBatch);
            }

            taken += items.Count;
            isPumping = items.Count > 0;
            return new Batch(items, isPumping ? ChooseRoute() : 0);
        }
    }

    private async ValueTask<bool> IsLateAsync(Task outcomes)
    {
        await outcomes.WaitAsync(options.LateAfter, clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !outcomes.IsCompleted;
    }

    // With the gate held. What comes back to life is seen by a call that no request depends on.
    private int ChooseRoute()
    {
        long now = clock.GetTimestamp();
        for (int route = 0; route < options.Routes; route++)
        {
            if (doubted[route] is not { } since) return route;
            if (clock.GetElapsedTime(since, now) < options.ProbeInterval) continue;
            doubted[route] = now;
            _ = ProbeAsync(route);
        }

        turn = (turn + 1) % options.Routes;
        return turn;
    }

    private async Task ProbeAsync(int route)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await call(route, []).ConfigureAwait(false);
            lock (gate) doubted[route] = null;
        }
        catch (Exception)
        {
            // It stays in doubt.
        }
    }

    /// <summary>The next call does not wait for this one, unless there are as many as routes already.</summary>
    private bool TryLeave(Batch batch)
    {
        lock (gate)
        {
            if (late + 1 >= options.Routes) return false;
            late++;
            doubted[batch.Route] = clock.GetTimestamp();
            return true;
        }
    }

    // Whatever it throws comes when it is awaited.
    private async Task<IReadOnlyList<TOutcome>> CallAsync(Batch batch) =>
        await call(batch.Route, [.. batch.Items.Select(item => item.Request)]).ConfigureAwait(false);

    /// <summary>Takes in how a call ended. Where it is known nothing of, what it brought goes again ahead of the others.</summary>
    private async ValueTask<bool> TrySettleAsync(Batch batch, Task<IReadOnlyList<TOutcome>> outcomes)
    {
        try
        {
            Settle(batch, await outcomes.ConfigureAwait(false));
            return true;
        }
        catch (Exception exception)
        {
            failed(exception);
            Complete(GiveBack(batch));
            return false;
        }
    }

    private void Settle(Batch batch, IReadOnlyList<TOutcome> outcomes)
    {
        List<Item> items = batch.Items;
        if (outcomes.Count != items.Count) throw new InvalidDataException($"{items.Count} requests were answered by {outcomes.Count} outcomes.");
        for (int i = 0; i < items.Count; i++) items[i].Outcome = !items[i].WasSent || settles(outcomes[i]) ? outcomes[i] : unknown;
        lock (gate)
        {
            taken -= items.Count;
            doubted[batch.Route] = null;
        }
    }

    /// <summary>Returns those whose budget is spent, of all that wait: who comes late in the queue does not wait longer than the others.</summary>
    private List<Item> GiveBack(Batch batch)
    {
        foreach (Item item in batch.Items) item.WasSent = true;
        lock (gate)
        {
            doubted[batch.Route] = clock.GetTimestamp();
            taken -= batch.Items.Count;
            queue.InsertRange(0, batch.Items);
            long now = clock.GetTimestamp();
            List<Item> spent = queue.FindAll(item => IsSpent(item, now));
            if (spent.Count > 0) queue.RemoveAll(item => IsSpent(item, now));
            foreach (Item item in spent) item.Outcome = unknown;
            return spent;
        }
    }

    private bool IsSpent(Item item, long now) => clock.GetElapsedTime(item.Since, now) >= options.Budget;

    private static void Complete(List<Item> items)
    {
        foreach (Item item in items) item.Complete();
        items.Clear();
    }

    private readonly record struct Batch(List<Item> Items, int Route);

    private sealed class Item(in TRequest request, long since) : IValueTaskSource<TOutcome>
    {
        private ManualResetValueTaskSourceCore<TOutcome> source;

        public TRequest Request { get; } = request;

        public long Since => since;

        public TOutcome Outcome { get; set; } = default!;

        /// <summary>By a call that failed.</summary>
        public bool WasSent { get; set; }

        public ValueTask<TOutcome> Task => new(this, source.Version);

        /// <summary>Runs what awaits it, here and now.</summary>
        public void Complete() => source.SetResult(Outcome);

        TOutcome IValueTaskSource<TOutcome>.GetResult(short token) => source.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource<TOutcome>.GetStatus(short token) => source.GetStatus(token);

        void IValueTaskSource<TOutcome>.OnCompleted(
            Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            source.OnCompleted(continuation, state, token, flags);
    }
}
