using CaptchaCluster.Bench.Report;
using CaptchaCluster.Bench.Rows;

namespace CaptchaCluster.Tests.Gateway.Bench;

public sealed class BenchResultsTests
{
    [Theory]
    [InlineData(new[] { 3.0, 1.0, 2.0 }, 1, 2, 3)]
    [InlineData(new[] { 4.0, 1.0, 2.0, 3.0 }, 1, 2.5, 4)]
    [InlineData(new[] { 7.0 }, 7, 7, 7)]
    public void A_spread_is_the_least_the_middle_and_the_most(double[] values, double min, double median, double max) =>
        Assert.Equal(new Spread(min, median, max), Spread.Of(values));

    [Fact]
    public void A_ratio_is_that_of_two_rows_in_one_round_at_the_same_connections()
    {
        Sample[] samples =
        [
            Of(Row.Bare, round: 0, rate: 100), Of(Row.Success, round: 0, rate: 90), Of(Row.Success, round: 1, rate: 100), Of(Row.Bare, round: 1, rate: 200),
            Of(Row.Bare, round: 0, rate: 1000) with { Connections = 256 }, Of(Row.Success, round: 0, rate: 700) with { Connections = 256 },
        ];
        Assert.Equal([0.9, 0.5, 0.7], BenchResults.Ratios(samples, Row.Success, Row.Bare));
    }

    [Theory]
    [InlineData(84.9, false)]
    [InlineData(85, true)]
    public void A_target_is_reached_by_the_median(double middle, bool isMet)
    {
        BenchResults results = new()
        {
            Command = "",
            Rows =
            [
                .. Enumerable.Range(0, 3).Select(round => Of(Row.Bare, round, 100)),
                Of(Row.Success, 0, 10), Of(Row.Success, 1, middle), Of(Row.Success, 2, 120),
            ],
        };
        Target target = Target.Of(results).First();
        Assert.Equal(("b / a at 64 connections", isMet), (target.What, target.IsMet));
    }

    [Fact]
    public void What_our_code_allocates_is_what_comes_on_top_of_the_bare_server()
    {
        BenchResults results = new()
        {
            Command = "",
            Rows = [Of(Row.Bare, 0, 100) with { Allocated = 125 }, Of(Row.Success, 0, 100) with { Allocated = 1000 }],
        };
        Target target = Target.Of(results).Single(target => target.What.Contains("allocates", StringComparison.Ordinal));
        Assert.Equal(875, target.Measured.Median);
        Assert.True(target.IsMet);
    }

    [Theory]
    [InlineData(149, false)]
    [InlineData(150, true)]
    public void What_one_would_build_instead_is_held_against_the_same_front_and_a_thinner_one_is_only_told(double ours, bool isMet)
    {
        BenchResults results = new()
        {
            Command = "",
            Rows = [Of(Row.Success, 0, ours), Of(Row.RedisAlways, 0, 100), Of(Row.ThinRedisAlways, 0, 2 * ours)],
        };
        Target[] targets = [.. Target.Of(results).Where(target => target.What.StartsWith("b / e", StringComparison.Ordinal))];
        Assert.Equal(["b / e-always at 64 connections", "b / e-thin-always at 64 connections"], targets.Select(target => target.What));
        Assert.Equal([isMet, null], targets.Select(target => target.IsMet));
        Assert.Equal(["≥ 1.50", null], targets.Select(target => target.Limit));
        Assert.Equal(0.5, targets[1].Measured.Median);
    }

    private static Sample Of(Row row, int round, double rate) => new()
    {
        Row = row,
        Connections = 64,
        Round = round,
        Rate = rate,
        Answered = 1,
        Unanswered = 0,
        Wrong = 0,
        P50 = 1,
        P99 = 1,
        P999 = 1,
        Max = 1,
        FrontCpu = 1,
        StoreCpu = 0,
        ClientCpu = 1,
        OthersBusy = 0,
        Allocated = 1,
        Collections = 0,
        Paused = 0,
        LedgerBytes = row == Row.Success ? 50 : null,
    };
}
