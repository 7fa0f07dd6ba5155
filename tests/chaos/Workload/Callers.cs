using CaptchaCluster.Tests.Chaos.Node;

namespace CaptchaCluster.Tests.Chaos.Workload;

/// <summary>Callers that each send, wait for the answer and send again, to whatever process serves at the time.</summary>
internal sealed class Callers(RecordedRun run, ChaosNode node, Traffic traffic, Pulse pulse, Pace pace)
{
    private readonly CancellationTokenSource stopping = new();

    /// <summary>Ends when they are stopped, and fails where one was told what the API never says.</summary>
    public Task RunAsync(int count, int seed) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(number => Task.Run(() => CallAsync(new Random((seed * 1000) + number)))));

    public void Stop() => stopping.Cancel();

    private async Task CallAsync(Random random)
    {
        while (!stopping.IsCancellationRequested)
        {
            await pace.WaitAsync();
            if (await ServingAsync() is not { } incarnation) return;
            await Task.WhenAll(traffic.Next(random).Select(submission => SendAsync(incarnation, submission)));
        }
    }

    private async Task<Incarnation?> ServingAsync()
    {
        try
        {
            return await node.ServingAsync().WaitAsync(stopping.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private async Task SendAsync(Incarnation incarnation, Submission submission)
    {
        long sent = TimeProvider.System.GetTimestamp();
        Task<Answer> sending = run.SendAsync(incarnation.Http, submission);
        pulse.Sent();
        Answer answer = await sending;
        traffic.Learn(submission, answer);
        pulse.Heard(answer, TimeProvider.System.GetElapsedTime(sent));
    }
}
