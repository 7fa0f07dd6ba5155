using System.Diagnostics;
using System.Net;
using CaptchaCluster.Tests.History;
using Xunit.Abstractions;

namespace CaptchaCluster.Tests.Gateway.Processes;

[Collection(ProcessCollection.Name)]
[Trait("Invariant", "I1-I5")]
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Rounds = 16;
    private const int CallerCount = 24;
    private const int MostAnswers = 1200; // in one round
    private const string KilledInRecovery = "killed-in-recovery";

    private readonly Random random = new(ProcessSeed.Value);
    private readonly RecordedRun run = new();
    private readonly Traffic traffic = new();
    private int killsThatCut;

    [Fact]
    public async Task Kill_9_under_load_breaks_no_promise()
    {
        Stopwatch elapsed = Stopwatch.StartNew();
        using TestDirectory directory = new();
        for (int round = 0; round < Rounds; round++)
        {
            if (round % 4 == 3) await KillInRecoveryAsync(directory);
            await KillUnderLoadAsync(directory);
        }

        IReadOnlyCollection<Submission> acknowledged = traffic.Acknowledged;
        int undecided = traffic.Undecided.Count;
        await using (GatewayProcess gateway = await GatewayProcess.StartAsync(directory.Path))
        {
            foreach (RecordedSite site in run.Sites) await site.SettleAsync(gateway.Admin);
            await ProbeAsync(gateway, acknowledged);
            Assert.Equal(0, (await gateway.TerminateAsync()).Code);
        }

        JudgedRun judged = run.Judge(directory.Path, Minimum, ProcessSeed.Value);
        Assert.True(killsThatCut > 0, $"No kill cut off a request; {ProcessSeed.Describe(ProcessSeed.Value)}");
        Assert.True(judged.LostAcknowledgements > 0, $"No redemption lost its reply; {ProcessSeed.Describe(ProcessSeed.Value)}");
        output.WriteLine(
            $"{judged.Counts}; {killsThatCut} kills cut requests off; {judged.LostAcknowledgements} redemptions lost their reply; "
            + $"{undecided} requests never settled; {elapsed.Elapsed.TotalSeconds:f1} s");
    }

    private static MinimumCounts Minimum => new()
    {
        Success = 20 * Rounds,
        Duplicate = 5 * Rounds,
        Replays = Rounds,
        Unknown = 1,
        Rotations = 5,
        InvalidSecret = 1,
        Crashes = Rounds * 5 / 6,
        Faults = new Dictionary<string, long> { [KilledInRecovery] = Rounds / 4 },
        MaxUnknownShare = 0.2,
    };

    private async Task KillUnderLoadAsync(TestDirectory directory)
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(directory.Path);
        Assert.Equal(HttpStatusCode.OK, await gateway.HealthAsync("/healthz/ready"));
        await PrepareAsync(gateway.Admin);

        // At a request's leaving or at an answer's coming: both are moments that a timer would seldom meet.
        long moment = random.Next(50, MostAnswers);
        Action<long> kill = number =>
        {
            if (number == moment) gateway.Kill();
        };
        bool atSending = random.Next(2) == 0;
        Callers callers = new(run, gateway.Public, traffic.Next, traffic.Learn)
        {
            OnSent = atSending ? kill : null,
            OnAnswered = atSending ? null : kill,
        };
        int seed = random.Next();
        callers.Start(CallerCount, seed);
        Task owner = OwnSitesAsync(gateway.Admin, new Random(seed), callers);
        await Task.WhenAll(callers.Ended, owner).WaitAsync(GatewayProcess.Patience);
        await gateway.EndedAsync();
        run.MarkFault(FaultMark.Crash);
        if (callers.Unanswered.Any(request => request.Answer.WasCutOff)) killsThatCut++;
    }

    /// <summary>Killed when it has begun to write the segment into which it copies the last one.</summary>
    private async Task KillInRecoveryAsync(TestDirectory directory)
    {
        using FileSystemWatcher watcher = new(LedgerOnDisk.DirectoryOf(directory.Path), "*.tmp");
        TaskCompletionSource begun = new();
        watcher.Created += (_, _) => begun.TrySetResult();
        watcher.EnableRaisingEvents = true;
        await using GatewayProcess gateway = GatewayProcess.Launch(new GatewayCommand(directory.Path));
        await begun.Task.WaitAsync(GatewayProcess.Patience);
        gateway.Kill();
        await gateway.EndedAsync();
        run.MarkFault(KilledInRecovery);
    }

    private async Task PrepareAsync(AdminClient admin)
    {
        if (run.Sites.Count == 0) await run.AddSitesAsync(admin, 4);
        foreach (RecordedSite site in run.Sites) await site.SettleAsync(admin);
        Assert.DoesNotContain(run.Sites, site => site.IsUndecided);
        MintedToken[] tokens = [.. await run.MintAsync(admin, 200), .. await run.MintAsync(admin, 30, ttlSeconds: 4)];
        random.Shuffle(tokens);
        traffic.Add(tokens);
    }

    // Now and then: most of the time every site is to work.
    private async Task OwnSitesAsync(AdminClient admin, Random choice, Callers callers)
    {
        while (!callers.Ended.IsCompleted)
        {
            RecordedSite site = run.Sites[choice.Next(run.Sites.Count)];
            bool isDone = choice.Next(10) switch
            {
                < 5 => await site.RotateAsync(admin, immediately: true),
                < 7 => await site.RotateAsync(admin, immediately: false) || !site.IsUndecided,
                _ => await site.SetDisabledAsync(admin, disabled: true) && await site.SetDisabledAsync(admin, disabled: false),
            };
            if (!isDone) return;
            await callers.WhenAnsweredAsync(callers.Answered + choice.Next(100, 400));
        }
    }

    /// <summary>A rival for every token that somebody was told success for; the checker judges what it is told.</summary>
    private async Task ProbeAsync(GatewayProcess gateway, IReadOnlyCollection<Submission> acknowledged)
    {
        await Parallel.ForEachAsync(acknowledged, new ParallelOptions { MaxDegreeOfParallelism = CallerCount }, async (submission, _) =>
        {
            Answer rival = await run.SendAsync(gateway.Public, Submission.Of(submission.Token, traffic.NewKey()));
            Assert.True(rival.HasCome && !rival.IsUndecided, $"A probe was told {rival}; {ProcessSeed.Describe(ProcessSeed.Value)}");
        });
    }
}
