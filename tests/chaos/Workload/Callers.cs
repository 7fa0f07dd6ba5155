using CaptchaCluster.Tests.Chaos.Node;

namespace CaptchaCluster.Tests.Chaos.Workload;

/// <summary>Callers that each send, wait for the answer and send again, every time to any node that serves.</summary>
internal sealed class Callers(RecordedRun run, NodePool nodes, Traffic traffic, Pace pace)
{
    /// <summary>After an answer that asks to come again later; far shorter than it says, or most of a fault would pass unseen.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource stopping = new();

    /// <summary>Ends when they are stopped, and fails where one was told what the API never says.</summary>
    public Task RunAsync(int count, int seed) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(number => Task.Run(() => CallAsync(new Random((seed * 1000) + number), isHasty: number % 4 == 0))));

    public void Stop() => stopping.Cancel();

    private async Task CallAsync(Random random, bool isHasty)
    {
        while (!stopping.IsCancellationRequested)
        {
            await pace.WaitAsync();
            if (await ServingAsync(random) is not { } first) return;
            IReadOnlyList<Submission> submissions = traffic.Next(random);
            List<Task<Answer>> sending = [SendAsync(first, isHasty, submissions[0])];
            foreach (Submission rival in submissions.Skip(1))
            {
                if (await ServingAsync(random) is { } other) sending.Add(SendAsync(other, isHasty, rival));
            }

            Answer[] answers = await Task.WhenAll(sending);
            if (answers.All(answer => answer.IsUndecided)) await Task.Delay(RetryAfter);
        }
    }

    private async Task<Incarnation?> ServingAsync(Random random)
    {
        try
        {
            return await nodes.ServingAsync(random).WaitAsync(stopping.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private async Task<Answer> SendAsync(Incarnation incarnation, bool isHasty, Submission submission)
    {
        long sent = TimeProvider.System.GetTimestamp();
        Task<Answer> sending = run.SendAsync(isHasty ? incarnation.Hasty : incarnation.Patient, submission);
        incarnation.Pulse.Sent();
        Answer answer = await sending;
        traffic.Learn(submission, answer);
        incarnation.Pulse.Heard(answer, TimeProvider.System.GetElapsedTime(sent));
        return answer;
    }
}
