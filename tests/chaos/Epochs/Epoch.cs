using System.Diagnostics;
using CaptchaCluster.Tests.Chaos.CommandLine;
using CaptchaCluster.Tests.Chaos.Deployments;
using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Chaos.Node;
using CaptchaCluster.Tests.Chaos.Summary;
using CaptchaCluster.Tests.Chaos.Workload;

namespace CaptchaCluster.Tests.Chaos.Epochs;

/// <summary>
/// One ledger from its first entry to its last, under load and faults, and what the checker says of it. Everything it remembers
/// is gone with it, so that a run may be as long as one likes.
/// </summary>
/// <param name="options">Of the whole run.</param>
/// <param name="number">From 0; with the seed it decides everything that is chosen.</param>
/// <param name="length">How long faults are made; longer where each kind has not had its effect by then.</param>
/// <param name="folder">Of its own.</param>
/// <param name="log">Of the whole run.</param>
internal sealed class Epoch(ChaosOptions options, int number, TimeSpan length, string folder, RunLog log)
{
    private const int SiteCount = 6;
    private const int CallerCount = 64;
    private const int MostProbes = 10_000;

    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(3);

    private readonly int seed = (options.Seed * 100_003) + number;
    private readonly RecordedRun run = new(ChaosNode.MaxClockSkew);
    private readonly Traffic traffic = new();
    private readonly List<(string Kind, bool HasBitten)> strikes = [];

    /// <summary>Never throws: what goes wrong is in the result.</summary>
    public async Task<EpochResult> RunAsync(CancellationToken cancelled)
    {
        EpochResult result = new(number, 0, strikes, Report: null, LostAcknowledgements: 0, Unheard: default, Evidence: [], Failure: null);
        try
        {
            await using Stage stage = options.Deployment.Set(new Scene(number, run, folder, log));
            try
            {
                await PlayAsync(stage, cancelled);
                log.Write($"epoch {number}: check");
                RecordedHistory history = await stage.CompleteAsync();
                CheckReport report = HistoryChecker.Check(history);
                result = result with
                {
                    Report = report,
                    LostAcknowledgements = new JudgedRun(history, report.Counts).LostAcknowledgements,
                    Unheard = CountUnheard(stage.Unheard, history),
                    Evidence = stage.Evidence,
                };
            }
            catch (Exception exception)
            {
                result = result with { Failure = exception.ToString() };
            }

            if (!result.IsClean) Keep(result, stage);
        }
        catch (Exception exception)
        {
            result = result with { Failure = $"{result.Failure}\n{exception}" };
        }

        return result with { Tokens = run.TokenCount };
    }

    private async Task PlayAsync(Stage stage, CancellationToken cancelled)
    {
        await stage.StartAsync();
        NodePool nodes = new(stage.Nodes);
        Random random = new(seed);
        AdminClient admin = (await nodes.ServingAsync(random)).Process.Admin;
        await run.AddSitesAsync(admin, SiteCount);
        Supply supply = new(run, nodes, traffic, stage.IsShortLived);
        Owners owners = new(run, nodes);
        await supply.MintAsync(admin, random);

        Callers callers = new(run, nodes, traffic, new Pace(options.Rate, TimeProvider.System));
        using CancellationTokenSource stopping = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        Task called = callers.RunAsync(CallerCount, seed);
        Task changed = owners.RunAsync(new Random(seed + 1), stopping.Token);
        Task supplied = supply.RunAsync(new Random(seed + 2), stopping.Token);
        Task struck = StrikeAsync(stage, stopping.Token);
        Task[] all = [called, changed, supplied, struck];

        // Whoever ends before the faults has failed. The last fault is healed in any case: it needs the callers.
        await Task.WhenAny(all);
        await stopping.CancelAsync();
        await Task.WhenAny(struck);
        callers.Stop();
        await Task.WhenAll(all);
        log.Write($"epoch {number}: no more faults");
        await stage.ReadyAsync();
        await owners.SettleAsync((await nodes.ServingAsync(random)).Process.Admin);
        await ProbeAsync(nodes, random);
        await stage.StopAsync();
    }

    private async Task StrikeAsync(Stage stage, CancellationToken stopping)
    {
        Random random = new(seed + 3);
        IReadOnlyList<AimedFault> faults = stage.Aim(options.Faults);
        FaultDeck deck = new(faults, random);
        Stopwatch elapsed = Stopwatch.StartNew();
        while ((elapsed.Elapsed < length || !deck.IsDealtThrough) && !stopping.IsCancellationRequested)
        {
            await Task.Delay(LongestRest * random.NextDouble(), CancellationToken.None);
            if (faults.Count == 0) continue; // of those that were asked for
            AimedFault fault = deck.Next();
            log.Write($"epoch {number}: {fault.Kind}");
            bool hasBitten = await fault.StrikeAsync(random);
            deck.Learn(fault, hasBitten);
            if (hasBitten) run.MarkFault(fault.Kind);
            else log.Write($"epoch {number}: {fault.Kind} had no effect");
            strikes.Add((fault.Kind, hasBitten));

            // It has healed: tokens that nobody had redeemed are redeemed.
            int acknowledged = traffic.AcknowledgedCount;
            await Pulse.UntilAsync(() => traffic.AcknowledgedCount > acknowledged, $"a redemption after {fault.Kind}");
        }
    }

    /// <summary>What was left undecided once more, and a rival for every token that was redeemed; the checker judges what they are told.</summary>
    private async Task ProbeAsync(NodePool nodes, Random random)
    {
        (Submission Submission, int Seed)[] probes =
        [
            .. traffic.Undecided.Take(MostProbes).Select(submission => (submission.Again(), random.Next())),
            .. traffic.Acknowledged.Take(MostProbes).Select(submission => (Submission.Of(submission.Token, traffic.NewKey()), random.Next())),
        ];
        await Parallel.ForEachAsync(probes, new ParallelOptions { MaxDegreeOfParallelism = CallerCount }, async (probe, _) =>
        {
            Random choice = new(probe.Seed);
            await Pulse.UntilAsync(async () =>
            {
                Incarnation incarnation = await nodes.ServingAsync(choice);
                return (await run.SendAsync(incarnation.Process.Public, probe.Submission)).Verdict != Verdict.Unknown;
            }, "a decision after all faults");
        });
    }

    private static (int Redemptions, int Settled) CountUnheard(IReadOnlyCollection<UInt128> unheard, RecordedHistory history)
    {
        if (unheard.Count == 0) return default;
        HashSet<UInt128> told = [.. history.Attempts.Where(attempt => attempt.Verdict == Verdict.Success).Select(attempt => history.Tokens[attempt.Token].Id)];
        return (unheard.Count, unheard.Count(told.Contains));
    }

    private void Keep(EpochResult result, Stage stage)
    {
        File.WriteAllText(Path.Combine(folder, "failure.txt"), $"seed {options.Seed}, epoch {number}\n{result.Failure}\n{result.Report}\n");
        using StreamWriter text = File.CreateText(Path.Combine(folder, "history.txt"));
        HistoryText.Save(run.Snapshot(), text);
        stage.Keep();
    }
}
