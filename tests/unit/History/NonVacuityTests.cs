using CaptchaCluster.Tests.History;

namespace CaptchaCluster.Tests.Unit.History;

public sealed class NonVacuityTests
{
    public static TheoryData<string> Shortfalls => new(Minima.Keys);

    private static readonly Dictionary<string, MinimumCounts> Minima = new()
    {
        ["success"] = new() { Success = 3 },
        ["duplicate"] = new() { Duplicate = 2 },
        ["expired"] = new() { Expired = 1 },
        ["invalid secret"] = new() { InvalidSecret = 1 },
        ["unknown"] = new() { Unknown = 2 },
        ["replays"] = new() { Replays = 2 },
        ["rotations"] = new() { Rotations = 2 },
        ["crashes"] = new() { Crashes = 2 },
        ["fault eio"] = new() { Faults = new Dictionary<string, long> { ["eio"] = 1 } },
        ["unknown share"] = new() { MaxUnknownShare = 0.24 },
    };

    [Theory]
    [MemberData(nameof(Shortfalls))]
    public void Run_that_misses_a_minimum_is_vacuous(string name)
    {
        var report = HistoryChecker.Check(Busy()).Require(Minima[name]);
        var violation = Assert.Single(report.Violations);
        Assert.Equal(Rule.Vacuous, violation.Rule);
        Assert.StartsWith(name, violation.Explanation, StringComparison.Ordinal);
        Assert.False(report.IsClean);
    }

    [Fact]
    public void Run_that_reaches_every_minimum_is_not_vacuous()
    {
        var enough = new MinimumCounts { Success = 2, Duplicate = 1, Unknown = 1, Replays = 1, Rotations = 1, Crashes = 1, MaxUnknownShare = 0.25 };
        Assert.True(HistoryChecker.Check(Busy()).Require(enough).IsClean);
    }

    private static RecordedHistory Busy()
    {
        var history = Histories.OneToken().Attempt(1, 0, 10, Verdict.Success).Attempt(1, 11, 12, Verdict.Success)
            .Attempt(2, 13, 14, Verdict.Duplicate).Unanswered(3, 15)
            .Site(SiteOperationKind.RotateImmediate, 90, 100, newGeneration: 2).Site(SiteOperationKind.RotateImmediate, 90, Histories.Never);
        history.Faults.Add(new(FaultMark.Crash, 5));
        history.Faults.Add(new(FaultMark.Crash, 6, Healed: true));
        return history;
    }
}
