using CaptchaCluster.Bench.Experiments;
using CaptchaCluster.Bench.Projection;
using CaptchaCluster.Bench.Rows;

namespace CaptchaCluster.Tests.Gateway.Bench;

/// <summary>The arithmetic of what many machines would need.</summary>
public sealed class ClusterModelTests
{
    private static readonly ClusterCosts Costs = new() { Gateway = 20, Silo = 5, Database = 10, HopBytes = 100, LogBytes = 200, StoredBytes = 150 };
    private static readonly DatabaseMachine Machine = new() { Processors = 4, LogRate = 30e6, Memory = 60e9, Retention = 1000 };

    [Fact]
    public void What_is_needed_is_what_one_redemption_takes_times_the_rate()
    {
        ClusterNeeds needs = new ClusterModel(Costs, Machine).At(100_000);
        Assert.Equal(2, needs.GatewayProcessors, 9);
        Assert.Equal(0.5, needs.SiloProcessors, 9);
        Assert.Equal(1, needs.DatabaseProcessors, 9);
        Assert.Equal(10e6, needs.HopRate, 3);
        Assert.Equal(20e6, needs.LogRate, 3);
        Assert.Equal(15e9, needs.Stored, 0);
        Assert.Equal(1, needs.Databases);
    }

    [Theory]
    [InlineData(4, 30, 60, "log", 150_000)]
    [InlineData(1, 30, 60, "processors", 100_000)]
    [InlineData(4, 30, 12, "memory", 80_000)]
    public void It_breaks_first_where_the_database_is_fullest(double processors, double logMegabytes, double gigabytes, string fullest, double rate)
    {
        ClusterModel model = new(Costs, Machine with { Processors = processors, LogRate = logMegabytes * 1e6, Memory = gigabytes * 1e9 });
        Assert.Equal(rate, model.RateOfOneDatabase, 3);
        Assert.Equal((fullest, 1), (model.At(rate * 0.999).Fullest, model.At(rate * 0.999).Databases));
        Assert.Equal((fullest, 2), (model.At(rate * 1.001).Fullest, model.At(rate * 1.001).Databases));
        Assert.Equal(2.5, model.At(rate * 2.5).FullestShare, 9);
        Assert.Equal(3, model.At(rate * 2.5).Databases);
    }

    [Fact]
    public void Costs_are_the_medians_of_one_silo_at_the_most_connections()
    {
        ClusterSize one = new(1, [
            Of(Row.Success, 256, 0, loopback: 1000), Of(Row.Success, 256, 1, loopback: 1200), Of(Row.Success, 256, 2, loopback: 1100),
            Of(Row.Cluster, 256, 0, loopback: 1150) with { FrontCpu = 30 }, Of(Row.Cluster, 256, 1, loopback: 1400) with { FrontCpu = 10 }, Of(Row.Cluster, 256, 2, loopback: 1270),
            Of(Row.Success, 64, 0, loopback: 0), Of(Row.Cluster, 64, 0, loopback: 0) with { FrontCpu = 1000 },
        ]);
        ClusterSize two = new(2, [Of(Row.Cluster, 256, 0, loopback: 9000) with { FrontCpu = 900 }]);
        ClusterCosts costs = new ClusterFigures("15", [], [one, two]).Costs()!;
        Assert.Equal(new ClusterCosts { Gateway = 20, Silo = 5, Database = 10, HopBytes = 170, LogBytes = 200, StoredBytes = 150 }, costs);
        Assert.Null(new ClusterFigures("15", [], [two]).Costs());
    }

    [Fact]
    public void The_way_to_a_silo_is_weighed_against_the_same_requests_without_it()
    {
        ClusterSize size = new(1, [
            Of(Row.Hop, 64, 0, loopback: 900), Of(Row.Duplicate, 64, 0, loopback: 700), Of(Row.Success, 64, 0, loopback: 1), Of(Row.Duplicate, 256, 0, loopback: 2),
        ]);
        Assert.Equal([200], size.HopBytes(Row.Hop));
    }

    private static Sample Of(Row row, int connections, int round, double loopback) => new()
    {
        Row = row,
        Connections = connections,
        Round = round,
        Rate = 1000,
        Answered = 1000,
        Unanswered = 0,
        Wrong = 0,
        P50 = 1,
        P99 = 1,
        P999 = 1,
        Max = 1,
        FrontCpu = 20,
        SiloCpu = 5,
        StoreCpu = 10,
        ClientCpu = 1,
        OthersBusy = 0,
        Allocated = 1,
        Collections = 0,
        Paused = 0,
        Database = new DatabaseShare(100, 10, 200, 90, 60),
        LoopbackBytes = loopback,
    };
}
