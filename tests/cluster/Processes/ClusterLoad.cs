using System.Collections.Concurrent;
using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Cluster.Processes;

/// <summary>Callers that each send, wait for the answer and send again, to whichever gateway is in rotation.</summary>
internal sealed class ClusterLoad(RecordedRun run, Traffic traffic)
{
    private readonly ConcurrentQueue<string> failed = [];
    private volatile GatewayProcess[] rotation = [];
    private volatile bool stopping;
    private Task ended = Task.CompletedTask;
    private long answered;
    private long undecided;

    /// <summary>Verdicts that were told.</summary>
    public long Answered => Interlocked.Read(ref answered);

    /// <summary>Answers 503, which a caller is to repeat.</summary>
    public long Undecided => Interlocked.Read(ref undecided);

    /// <summary>Requests that got no answer at all.</summary>
    public IReadOnlyCollection<string> Failed => failed;

    public void Route(params GatewayProcess[] gateways) => rotation = gateways;

    public void Start(int callers, int seed) =>
        ended = Task.WhenAll(Enumerable.Range(0, callers).Select(number => Task.Run(() => CallAsync(new Random((seed * 1000) + number)))));

    public Task StopAsync()
    {
        stopping = true;
        return ended.WaitAsync(GatewayProcess.Patience);
    }

    /// <summary>Completes once so many more verdicts were told.</summary>
    public async Task MoreAsync(long verdicts)
    {
        long goal = Answered + verdicts;
        using CancellationTokenSource patience = new(GatewayProcess.Patience);
        while (Answered < goal)
        {
            if (ended.IsCompleted) await ended;
            await Task.Delay(20, patience.Token);
        }
    }

    private async Task CallAsync(Random random)
    {
        while (!stopping)
        {
            IReadOnlyList<Submission> next = traffic.Next(random);
            await Task.WhenAll(next.Select(submission => SendAsync(submission, random.Next())));
        }
    }

    private async Task SendAsync(Submission submission, int choice)
    {
        GatewayProcess[] gateways = rotation;
        Answer answer = await run.SendAsync(gateways[choice % gateways.Length].Public, submission);
        traffic.Learn(submission, answer);
        if (!answer.HasCome) failed.Enqueue(answer.Failure!.ToString());
        else if (answer.Verdict == Verdict.Unknown) Interlocked.Increment(ref undecided);
        else Interlocked.Increment(ref answered);
    }
}
