using System.Threading.Tasks.Sources;

namespace CaptchaCluster.Redemption;

/// <summary>
/// The way from a gateway to the owner of one shard, wherever he is. Natural batching: while one call is under way, arrivals
/// queue; the next call takes them all. A call that fails says nothing of its requests (I5), so they go again, each as the
/// same attempt, until its budget is spent.
/// <para>
/// Who asks never blocks. What awaits an answer goes on by the thread that brought it, and must not block either.
/// </para>
/// </summary>
/// <param name="call">
/// Brings a batch to the owner and returns the outcomes in its order. Any exception means that nothing is known of any of
/// them. Fails in finite time: it is what bounds how long an answer takes beyond the budget.
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
    Func<IReadOnlyList<TRequest>, Task<IReadOnlyList<TOutcome>>> call,
    TOutcome unknown,
    TOutcome overloaded,
    Func<TOutcome, bool> settles,
    Action<Exception> failed,
    ShardLinkOptions options,
    TimeProvider clock)
{
    private readonly Lock gate = new();
    private List<Item> queue = [];
    private int taken; // in the call that is under way; they hold their places in the queue
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
        while (Take() is { Count: > 0 } batch)
        {
            Task<IReadOnlyList<TOutcome>> outcomes = CallAsync(batch);
            Complete(answered); // of the last call, while this one is under way
            try
            {
                Settle(batch, await outcomes.ConfigureAwait(false));
                answered = batch;
                pause = options.FirstPause;
            }
            catch (Exception exception)
            {
                failed(exception);
                answered = GiveBack(batch);
                Complete(answered);
                await Task.Delay(pause * (1 + Random.Shared.NextDouble()), clock).ConfigureAwait(false);
                pause = pause * 2 < options.LongestPause ? pause * 2 : options.LongestPause;
            }
        }

        Complete(answered);
    }

    /// <summary>What the next call brings; nothing ends the pump.</summary>
    private List<Item> Take()
    {
        lock (gate)
        {
            List<Item> batch = queue;
            if (batch.Count <= options.MaxBatch)
            {
                queue = [];
            }
            else
            {
                batch = queue[..options.MaxBatch];
                queue.RemoveRange(0, options.MaxBatch);
            }

            taken = batch.Count;
            isPumping = taken > 0;
            return batch;
        }
    }

    // Whatever it throws comes when it is awaited.
    private async Task<IReadOnlyList<TOutcome>> CallAsync(List<Item> batch) => await call([.. batch.Select(item => item.Request)]).ConfigureAwait(false);

    private void Settle(List<Item> batch, IReadOnlyList<TOutcome> outcomes)
    {
        if (outcomes.Count != batch.Count) throw new InvalidDataException($"{batch.Count} requests were answered by {outcomes.Count} outcomes.");
        for (int i = 0; i < batch.Count; i++) batch[i].Outcome = !batch[i].WasSent || settles(outcomes[i]) ? outcomes[i] : unknown;
    }

    /// <summary>Puts back at the head what may go again, and returns the rest.</summary>
    private List<Item> GiveBack(List<Item> batch)
    {
        foreach (Item item in batch) item.WasSent = true;
        List<Item> spent = [.. batch.Where(item => clock.GetElapsedTime(item.Since) >= options.Budget)];
        foreach (Item item in spent) item.Outcome = unknown;
        lock (gate)
        {
            queue.InsertRange(0, batch.Except(spent));
            taken = 0;
        }

        return spent;
    }

    private static void Complete(List<Item> items)
    {
        foreach (Item item in items) item.Complete();
        items.Clear();
    }

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
