using CaptchaCluster.Tests.History;

namespace CaptchaCluster.Tests.Unit.History;

/// <summary>The checker is only worth what it rejects.</summary>
public sealed class MutationTests
{
    private const int Runs = 1_500, Enough = 400;

    public static TheoryData<string> Names => new(Mutation.All.Select(m => m.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_broken_history_is_rejected_by_the_rule_it_breaks(string name)
    {
        var mutation = Mutation.All.Single(m => m.Name == name);
        var applied = 0;
        for (var seed = 0; seed < Runs && applied < Enough; seed++)
        {
            var history = ModelRun.Of(seed);
            if (!mutation.TryApply(history, new Random(seed))) continue;
            applied++;
            var report = HistoryChecker.Check(history);
            Assert.True(report.Breaks(mutation.Breaks), $"seed {seed}: {mutation.Breaks} not reported: {report}");
        }
        Assert.True(applied >= 20, $"applied {applied} times");
    }

    [Fact]
    public void Every_rule_has_a_mutation_that_breaks_it()
    {
        var broken = Mutation.All.Select(m => m.Breaks).Append(Rule.Vacuous).ToHashSet(); // NonVacuityTests
        Assert.Superset(Enum.GetValues<Rule>().ToHashSet(), broken);
    }
}
