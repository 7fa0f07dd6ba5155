using CaptchaCluster.Bench.Experiments;
using CaptchaCluster.Bench.Rows;
using CaptchaCluster.Tests.Load.Latency;

namespace CaptchaCluster.Bench.Report;

/// <summary>All that came of a run.</summary>
internal sealed record BenchResults
{
    /// <summary>As it was typed, without the program.</summary>
    public required string Command { get; init; }

    public Machine Machine { get; init; } = null!;

    public DateTimeOffset Started { get; init; }

    public TimeSpan Took { get; init; }

    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>Each row at each number of connections in each round.</summary>
    public IReadOnlyList<Sample> Rows { get; init; } = [];

    /// <summary>At half of the peak rate.</summary>
    public IReadOnlyList<Sample> Latency { get; init; } = [];

    /// <summary>By connections.</summary>
    public IReadOnlyList<Sample> Growth { get; init; } = [];

    /// <summary>By live redemptions, the empty ledger first.</summary>
    public IReadOnlyList<LivePoint> Live { get; init; } = [];

    /// <summary>Gateways over PostgreSQL; null where they were not measured.</summary>
    public PostgresFigures? Postgres { get; init; }

    /// <summary>Gateways before silos; null where they were not measured.</summary>
    public ClusterFigures? Cluster { get; init; }

    public LatencyHistogram Fsync { get; init; } = new();

    /// <summary>A table in Markdown.</summary>
    public string? Micro { get; init; }

    public IReadOnlyList<Sample> AllSamples => [.. Rows, .. Latency, .. Growth, .. Live.SelectMany(point => point.Samples), .. PostgresSamples, .. ClusterSamples];

    public IReadOnlyList<string> WrongAnswers => [.. AllSamples.Where(sample => sample.Wrong > 0)
        .Select(sample => $"{sample.Row.Name()}: {sample.Wrong} of {sample.Answered} answers were wrong; the first: {sample.WrongAnswer}")];

    private IEnumerable<Sample> PostgresSamples => Postgres is { } postgres ? [.. postgres.Rows, .. postgres.Live.SelectMany(point => point.Samples)] : [];

    private IEnumerable<Sample> ClusterSamples => Cluster?.Sizes.SelectMany(size => size.Samples) ?? [];

    /// <summary>Bytes of heap for each live redemption, garbage and the empty server left out.</summary>
    public double HeapPerRedemption(LivePoint point) => (double)(point.Heap - Live[0].Heap) / point.Live;

    /// <summary>What so many gateways over PostgreSQL reached of the bare server in each round.</summary>
    public static IEnumerable<double> PostgresRatios(IEnumerable<Sample> samples, int gateways) =>
        Ratios(samples.Where(sample => sample.Row == Row.Bare || sample.Gateways == gateways), Row.Postgres, Row.Bare);

    /// <summary>What a row reached of another in each round.</summary>
    public static IEnumerable<double> Ratios(IEnumerable<Sample> samples, Row row, Row of)
    {
        Sample[] all = [.. samples];
        return from upper in all
               where upper.Row == row
               from lower in all
               where lower.Row == of && lower.Round == upper.Round && lower.Connections == upper.Connections && lower.Rate > 0
               select upper.Rate / lower.Rate;
    }
}
