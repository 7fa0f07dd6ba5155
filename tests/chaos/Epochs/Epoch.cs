using System.Diagnostics;
using CaptchaCluster.Tests.Chaos.CommandLine;
using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Chaos.Node;
using CaptchaCluster.Tests.Chaos.Summary;
using CaptchaCluster.Tests.Chaos.Workload;

namespace CaptchaCluster.Tests.Chaos.Epochs;

/// <summary>
/// One data directory from its first process to its last, under load and faults, and what the checker says of it. Everything it
/// remembers is gone with it, so that a run may be as long as one likes.
/// </summary>
/// <param name="options">Of the whole run.</param>
/// <param name="number">From 0; with the seed it decides everything that is chosen.</param>
/// <param name="length">How long faults are made; longer where each kind has not come once by then.</param>
/// <param name="folder">Of its own.</param>
/// <param name="log">Of the whole run.</param>
internal sealed class Epoch(ChaosOptions options, int number, TimeSpan length, string folder, RunLog log)
{
    private const int SiteCount = 6;
    private const int CallerCount = 64;
    private const int MostProbes = 10_000;
    private const int DiskMegabytes = 64;

    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(3);

    private readonly int seed = (options.Seed * 100_003) + number;
    private readonly RecordedRun run = new(ChaosNode.MaxClockSkew);
    private readonly Traffic traffic = new();
    private readonly Pulse pulse = new();
    private readonly List<(string Kind, bool HasBitten)> strikes = [];

    /// <summary>The disk of the others is really synced.</summary>
    private bool HasSmallDisk => number % 2 == 1;

    /// <summary>Not more often: libfaketime slows a process down.</summary>
    private bool HasFakeClock => number % 4 == 0;

    /// <summary>Never throws: what goes wrong is in the result.</summary>
    public async Task<EpochResult> RunAsync(CancellationToken cancelled)
    {
        CheckReport? report = null;
        string? failure = null;
        int lost = 0;

        using SmallDisk? disk = HasSmallDisk && SmallDisk.WhyNot is null ? new SmallDisk(DiskMegabytes) : null;
        string dataDirectory = disk?.Data ?? Path.Combine(folder, "data");
        try
        {
            FakeClock? clock = HasFakeClock && FakeClock.WhyNot is null ? new FakeClock(folder) : null;
            await using (ChaosNode node = new(dataDirectory, clock, folder))
                await PlayAsync(new Stage(node, run, pulse, disk, clock, folder, log), cancelled);
            log.Write($"epoch {number}: check");
            RecordedHistory history = run.Complete(dataDirectory);
            report = HistoryChecker.Check(history);
            lost = new JudgedRun(history, report.Counts).LostAcknowledgements;
        }
        catch (Exception exception)
        {
            failure = exception.ToString();
        }

        EpochResult result = new(number, run.TokenCount, strikes, report, lost, failure);
        if (!result.IsClean) Keep(result, disk);
        return result;
    }

    private async Task PlayAsync(Stage stage, CancellationToken cancelled)
    {
        await stage.Node.StartAsync();
        await run.AddSitesAsync(stage.Node.Process.Admin, SiteCount);
        Supply supply = new(run, stage.Node, traffic, isShortLived: HasSmallDisk);
        Owners owners = new(run, stage.Node);
        await supply.MintAsync(stage.Node.Process.Admin, new Random(seed));

        Callers callers = new(run, stage.Node, traffic, pulse, new Pace(options.Rate, TimeProvider.System));
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
        await owners.SettleAsync(stage.Node.Process.Admin);
        await ProbeAsync((await stage.Node.ServingAsync()).Process.Public);
        stage.Node.Terminate();
        await stage.Node.StoppedAsync();
    }

    private async Task StrikeAsync(Stage stage, CancellationToken stopping)
    {
        Random random = new(seed + 3);
        IFault[] faults = [.. options.Faults.Where(fault => fault.WhyNot is null && fault.FitsIn(stage))];
        FaultDeck deck = new(faults, random);
        Stopwatch elapsed = Stopwatch.StartNew();
        while ((elapsed.Elapsed < length || !deck.IsDealtThrough) && !stopping.IsCancellationRequested)
        {
            await Task.Delay(LongestRest * random.NextDouble(), CancellationToken.None);
            if (faults.Length == 0) continue; // of those that were asked for
            IFault fault = deck.Next();
            log.Write($"epoch {number}: {fault.Kind}");
            bool hasBitten = await fault.StrikeAsync(stage, random);
            if (hasBitten) run.MarkFault(fault.Kind);
            else log.Write($"epoch {number}: {fault.Kind} had no effect");
            strikes.Add((fault.Kind, hasBitten));

            // It has healed: tokens that nobody had redeemed are redeemed.
            int acknowledged = traffic.AcknowledgedCount;
            await Pulse.UntilAsync(() => traffic.AcknowledgedCount > acknowledged, $"a redemption after {fault.Kind}");
        }
    }

    /// <summary>What was left undecided once more, and a rival for every token that was redeemed; the checker judges what they are told.</summary>
    private async Task ProbeAsync(HttpClient http)
    {
        IEnumerable<Submission> probes =
        [
            .. traffic.Undecided.Take(MostProbes).Select(submission => submission.Again()),
            .. traffic.Acknowledged.Take(MostProbes).Select(submission => Submission.Of(submission.Token, traffic.NewKey())),
        ];
        await Parallel.ForEachAsync(probes, new ParallelOptions { MaxDegreeOfParallelism = CallerCount }, async (probe, _) =>
        {
            Answer answer = await run.SendAsync(http, probe);
            if (!answer.HasCome || answer.IsUndecided) throw new InvalidOperationException($"After all faults a probe was told {answer}");
        });
    }

    private void Keep(EpochResult result, SmallDisk? disk)
    {
        File.WriteAllText(Path.Combine(folder, "failure.txt"), $"seed {options.Seed}, epoch {number}\n{result.Failure}\n{result.Report}\n");
        using StreamWriter text = File.CreateText(Path.Combine(folder, "history.txt"));
        HistoryText.Save(run.Snapshot(), text);
        if (disk is not null && Directory.Exists(disk.Data)) Tool.Run("cp", "-r", disk.Data, Path.Combine(folder, "data"));
    }
}
