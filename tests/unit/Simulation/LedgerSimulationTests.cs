using System.Collections.Concurrent;
using CaptchaCluster.Redemption;
using CaptchaCluster.Tests.History;

namespace CaptchaCluster.Tests.Unit.Simulation;

[Trait("Invariant", "I1-I9")]
public sealed class LedgerSimulationTests
{
    private const int Histories = 24_000;

    [Fact]
    public void No_history_breaks_an_invariant()
    {
        int first = int.TryParse(Environment.GetEnvironmentVariable("SIMULATION_SEED"), out int seed) ? seed : 1;
        ConcurrentBag<string> failures = [];
        ConcurrentBag<HistoryCounts> counts = [];
        ConcurrentBag<SimulatedLooks> looks = [];
        Parallel.For(first, first + Histories, (number, loop) =>
        {
            try
            {
                SimulatedHistory history = new(number);
                history.Run();
                CheckReport report = HistoryChecker.Check(history.Recorded);
                counts.Add(report.Counts);
                looks.Add(history.Looks);
                if (report.IsClean) return;
                StringWriter text = new();
                HistoryText.Save(history.Recorded, text);
                failures.Add($"seed {number}: {report}\n{text}");
            }
            catch (Exception exception)
            {
                failures.Add($"seed {number}: {exception}");
            }

            if (failures.Count >= 3) loop.Stop();
        });

        Assert.True(failures.IsEmpty, string.Join("\n\n", failures.Take(3)));

        // A run in which nothing went wrong proves nothing.
        Assert.True(counts.Sum(c => c.Success) > 2 * Histories);
        Assert.True(counts.Sum(c => c.Duplicate) > Histories);
        Assert.True(counts.Sum(c => c.Expired) > Histories / 4);
        Assert.True(counts.Sum(c => c.Replays) > Histories / 4);
        Assert.True(counts.Sum(c => c.InvalidSecret) > Histories / 4);
        Assert.True(counts.Sum(c => c.Crashes) > Histories / 2);
        foreach (PeekStatus status in new[] { PeekStatus.Unspent, PeekStatus.Redeemed, PeekStatus.Expired, PeekStatus.Unknown })
            Assert.True(looks.Sum(look => look.Count(status)) > Histories / 100, $"{status}: {looks.Sum(look => look.Count(status))}");
        foreach (DiskFault fault in Enum.GetValues<DiskFault>().Where(fault => fault != DiskFault.None))
            Assert.True(counts.Sum(c => c.Faults.GetValueOrDefault(fault.ToString())) > Histories / 20, fault.ToString());
    }
}
