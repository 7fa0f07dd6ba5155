using System.Net;
using CaptchaCluster.Tests.History;
using Xunit.Abstractions;

namespace CaptchaCluster.Tests.Gateway.Processes;

[Collection(ProcessCollection.Name)]
[Trait("Invariant", "I2 I4")]
public sealed class ShutdownTests(ITestOutputHelper output)
{
    private const int CallerCount = 24;
    private const int HeldCount = 32;

    private readonly RecordedRun run = new();
    private readonly Traffic traffic = new();

    /// <summary>
    /// Accepted is what the server was reading when it was told to end, and whatever it spent a token for. A request that
    /// only met a closing connection was not: HTTP has no way to tell its caller, so it must have had no effect.
    /// </summary>
    [Fact]
    public async Task Sigterm_under_load_answers_every_request_that_was_accepted()
    {
        Random random = new(ProcessSeed.Value);
        using TestDirectory directory = new();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(directory.Path);
        await run.AddSitesAsync(gateway.Admin, 3);
        MintedToken[] tokens = await run.MintAsync(gateway.Admin, 2000);
        random.Shuffle(tokens);
        traffic.Add(tokens[HeldCount..]);

        int inFlight = 0;
        TaskCompletionSource terminate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Callers callers = new(run, gateway.Public, traffic.Next, traffic.Learn)
        {
            OnSent = _ =>
            {
                if (!terminate.Task.IsCompleted || Interlocked.CompareExchange(ref inFlight, run.InFlight, 0) != 0) return;
                gateway.Terminate();
            },
        };
        callers.Start(CallerCount, ProcessSeed.Value);
        await callers.WhenAnsweredAsync(random.Next(500, 2000));

        TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Submission[] submissions =
            [.. tokens[..HeldCount].Select((token, number) => Submission.Of(token, number % 2 == 0 ? traffic.NewKey() : null))];
        GatedContent[] contents = [.. submissions.Select(submission => new GatedContent(submission.ToForm(), open.Task))];
        Task<Answer>[] held = [.. submissions.Zip(contents, (submission, content) => run.SendAsync(gateway.Public, submission, content))];
        await Task.WhenAll(contents.Select(content => content.Admitted)).WaitAsync(GatewayProcess.Patience);

        // It has closed its public listener once no caller gets an answer any more; what it accepted keeps it alive.
        terminate.SetResult();
        await callers.Ended.WaitAsync(GatewayProcess.Patience);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await gateway.HealthByAdminAsync("/healthz/ready"));
        Assert.Equal(HttpStatusCode.OK, await gateway.HealthByAdminAsync("/healthz/live"));
        open.SetResult();
        Answer[] answers = await Task.WhenAll(held);
        Assert.All(answers, answer => Assert.Equal(new Answer(Verdict.Success), answer));
        await gateway.EndedAsync();
        Assert.Equal(new GatewayExit(0, ""), gateway.Exit);

        JudgedRun judged = run.Judge(directory.Path, new() { Success = HeldCount + 100, Duplicate = 20, Replays = 10 }, ProcessSeed.Value);
        AssertUnansweredHadNoEffect(judged);
        Assert.True(inFlight > HeldCount, $"SIGTERM met only {inFlight} requests; {ProcessSeed.Describe(ProcessSeed.Value)}");
        output.WriteLine(
            $"{judged.Counts}; {inFlight} requests met SIGTERM; unanswered: {callers.Unanswered.Count}, "
            + $"{callers.Unanswered.Count(request => request.Answer.WasCutOff)} of them by a connection that was being closed");
    }

    private static void AssertUnansweredHadNoEffect(JudgedRun judged)
    {
        foreach (IGrouping<int, AttemptOperation> token in judged.History.Attempts.GroupBy(attempt => attempt.Token))
        {
            bool isSpent = judged.History.Ledger!.Redemptions.ContainsKey(judged.History.Tokens[token.Key].Id);
            bool somebodyWasTold = token.Any(attempt => attempt.Verdict is Verdict.Success);
            Assert.True(!isSpent || somebodyWasTold, $"A token was spent and nobody was told; {ProcessSeed.Describe(ProcessSeed.Value)}");
        }
    }
}
