using CaptchaCluster.Bench.Projection;
using CaptchaCluster.Bench.Rows;

namespace CaptchaCluster.Bench.Experiments;

/// <summary>What came of a gateway before silos over PostgreSQL.</summary>
/// <param name="Version">Of the database's server.</param>
/// <param name="Settings">Of it, beyond the defaults.</param>
/// <param name="Sizes">By the count of silos.</param>
internal sealed record ClusterFigures(string Version, IReadOnlyList<string> Settings, IReadOnlyList<ClusterSize> Sizes)
{
    /// <summary>Of a redemption by gateway, silo and database, at the most connections that were measured: there batches are largest, as under load.</summary>
    public ClusterCosts? Costs()
    {
        Sample[] samples = [.. Sizes.Where(size => size.Silos == 1).SelectMany(size => size.Samples)];
        if (samples.Length == 0) return null;
        int connections = samples.Max(sample => sample.Connections);
        ClusterSize measured = new(1, [.. samples.Where(sample => sample.Connections == connections)]);
        Sample[] ours = [.. measured.Samples.Where(sample => sample.Row == Row.Cluster)];
        return ours.Length == 0 ? null : new ClusterCosts
        {
            Gateway = Median(sample => sample.FrontCpu),
            Silo = Median(sample => sample.SiloCpu),
            Database = Median(sample => sample.StoreCpu),
            HopBytes = Spread.Of(measured.HopBytes(Row.Cluster)).Median,
            LogBytes = Median(sample => sample.Database!.LogBytes),
            StoredBytes = Median(sample => sample.Database!.TableBytes + sample.Database.IndexBytes),
        };

        double Median(Func<Sample, double> value) => Spread.Of(ours.Select(value)).Median;
    }
}

/// <summary>A cluster of so many silos.</summary>
/// <param name="Silos">On this machine.</param>
/// <param name="Samples">Of this cluster, and of what ran beside it.</param>
internal sealed record ClusterSize(int Silos, IReadOnlyList<Sample> Samples)
{
    /// <summary>Bytes per request between gateway and silos, in each round: what a gateway that needs no silo is sent and answers for the same is taken off.</summary>
    public IEnumerable<double> HopBytes(Row row) =>
        from upper in Samples
        where upper.Row == row
        from lower in Samples
        where lower.Row == (row == Row.Hop ? Row.Duplicate : Row.Success) && lower.Round == upper.Round && lower.Connections == upper.Connections
        select upper.LoopbackBytes - lower.LoopbackBytes;
}
