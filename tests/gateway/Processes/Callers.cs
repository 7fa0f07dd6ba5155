using System.Collections.Concurrent;

namespace CaptchaCluster.Tests.Gateway.Processes;

/// <summary>
/// Callers that each send, wait for the answer and send again, all at once. A caller ends when it is told to, or when an answer
/// does not come.
/// </summary>
internal sealed class Callers(
    RecordedRun run, HttpClient http, Func<Random, IReadOnlyList<Submission>> next, Action<Submission, Answer> learn)
{
    private readonly ConcurrentQueue<(Submission Submission, Answer Answer)> unanswered = [];
    private readonly Lock gate = new();
    private readonly PriorityQueue<TaskCompletionSource, long> awaited = new();
    private volatile bool stopping;
    private long sent;
    private long answered;

    /// <summary>Hears the number of every request, right after it was sent.</summary>
    public Action<long>? OnSent { get; init; }

    /// <summary>Hears the number of every answer.</summary>
    public Action<long>? OnAnswered { get; init; }

    public long Answered => Interlocked.Read(ref answered);

    /// <summary>What no answer came to.</summary>
    public IReadOnlyCollection<(Submission Submission, Answer Answer)> Unanswered => unanswered;

    /// <summary>Completes when every caller has ended, and fails where one was told what the API never says.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    public void Start(int count, int seed)
    {
        // On the thread pool, or each would go on until its first answer before the next begins.
        Ended = Task.WhenAll(Enumerable.Range(0, count).Select(number => Task.Run(() => CallAsync(new Random((seed * 1000) + number)))));
    }

    /// <summary>Completes at that answer, or when every caller has ended.</summary>
    public Task WhenAnsweredAsync(long number)
    {
        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate) awaited.Enqueue(reached, number);
        Announce(Answered);
        return Task.WhenAny(reached.Task, Ended).WaitAsync(GatewayProcess.Patience);
    }

    public Task StopAsync()
    {
        stopping = true;
        return Ended.WaitAsync(GatewayProcess.Patience);
    }

    private async Task CallAsync(Random random)
    {
        try
        {
            while (!stopping)
            {
                bool[] came = await Task.WhenAll(next(random).Select(SendAsync).ToArray());
                if (came.Contains(false)) return;
            }
        }
        catch
        {
            stopping = true;
            throw;
        }
    }

    private async Task<bool> SendAsync(Submission submission)
    {
        Task<Answer> sending = run.SendAsync(http, submission);
        OnSent?.Invoke(Interlocked.Increment(ref sent));
        Answer answer = await sending;
        learn(submission, answer);
        if (answer.HasCome) Count();
        else unanswered.Enqueue((submission, answer));
        return answer.HasCome;
    }

    private void Count()
    {
        long number = Interlocked.Increment(ref answered);
        OnAnswered?.Invoke(number);
        Announce(number);
    }

    private void Announce(long number)
    {
        lock (gate)
        {
            while (awaited.TryPeek(out _, out long next) && next <= number) awaited.Dequeue().TrySetResult();
        }
    }
}
