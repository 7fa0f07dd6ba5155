using CaptchaCluster.Tests.History;

namespace CaptchaCluster.Tests.Unit.History;

public sealed class CorrectHistoryTests
{
    private const int Runs = 5_000;

    [Fact]
    public void Histories_of_a_correct_service_are_accepted()
    {
        for (var seed = 0; seed < Runs; seed++)
        {
            var report = HistoryChecker.Check(ModelRun.Of(seed));
            Assert.True(report.IsClean, $"seed {seed}: {report}");
        }
    }

    [Fact]
    public void Histories_under_a_clock_that_is_shifted_are_accepted()
    {
        for (var seed = 0; seed < Runs; seed++)
        {
            var report = HistoryChecker.Check(ModelRun.Of(seed, withClockShifts: true));
            Assert.True(report.IsClean, $"seed {seed}: {report}");
        }
    }

    [Fact]
    public void Forgetting_what_was_acknowledged_never_makes_a_correct_history_wrong()
    {
        for (var seed = 0; seed < Runs / 5; seed++)
        {
            var random = new Random(seed);
            var history = ModelRun.Of(seed);
            for (var i = 0; i < history.Attempts.Count; i++)
                if (random.Next(4) == 0)
                    history.Attempts[i] = history.Attempts[i] with { Verdict = Verdict.Unknown, Return = AttemptOperation.Never };
            for (var i = 0; i < history.SiteOperations.Count; i++)
                if (random.Next(3) == 0)
                    history.SiteOperations[i] = history.SiteOperations[i] with { Return = AttemptOperation.Never };
            var report = HistoryChecker.Check(history);
            Assert.True(report.IsClean, $"seed {seed}: {report}");
        }
    }

    [Fact]
    public void The_order_of_recording_does_not_matter()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var history = ModelRun.Of(seed);
            var shuffled = history.Attempts.ToArray();
            new Random(seed).Shuffle(shuffled);
            history.Attempts.Clear();
            history.Attempts.AddRange(shuffled);
            var report = HistoryChecker.Check(history);
            Assert.True(report.IsClean, $"seed {seed}: {report}");
        }
    }

    [Fact]
    public void The_model_exercises_every_verdict_and_every_site_operation()
    {
        var histories = Enumerable.Range(0, 200).Select(seed => ModelRun.Of(seed)).ToList();
        foreach (var verdict in Enum.GetValues<Verdict>())
            Assert.True(histories.Sum(h => h.Attempts.Count(a => a.Verdict == verdict)) > 200, verdict.ToString());
        foreach (var kind in Enum.GetValues<SiteOperationKind>())
        {
            Assert.Contains(histories, h => h.SiteOperations.Any(o => o.Kind == kind && o.IsAcknowledged));
            Assert.Contains(histories, h => h.SiteOperations.Any(o => o.Kind == kind && !o.IsAcknowledged));
        }
        Assert.True(histories.Sum(h => HistoryChecker.Check(h).Counts.Replays) > 200);
        Assert.Contains(histories, h => h.Purges.Count > 0);
        Assert.Contains(histories, h => h.Outages.Count > 0 && h.Attempts.Any(a => a.Call > h.Outages[0].From && a.Call < h.Outages[0].Until));
        Assert.Contains(histories, h => h.LedgerReadings.Any(r => r.Content.Redemptions.Count > 0));
        Assert.Contains(histories, h => h.Ledger is not null);
    }
}
