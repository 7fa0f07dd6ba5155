using CaptchaCluster.Bench.Rows;

namespace CaptchaCluster.Bench.CommandLine;

/// <summary>What to measure, as the command line says. What is empty or false is left out.</summary>
internal sealed record BenchOptions
{
    public required IReadOnlyList<Row> Rows { get; init; }

    /// <summary>Of the rows; each number is a table of its own.</summary>
    public required IReadOnlyList<int> Connections { get; init; }

    public required int Rounds { get; init; }

    /// <summary>Of each row in each round.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Of each row, before all.</summary>
    public required TimeSpan Warmup { get; init; }

    public bool HasLatency { get; init; }

    public IReadOnlyList<int> ConnectionGrowth { get; init; } = [];

    public IReadOnlyList<long> LiveGrowth { get; init; } = [];

    public bool HasPostgres { get; init; }

    /// <summary>Of PostgreSQL.</summary>
    public IReadOnlyList<long> PostgresLiveGrowth { get; init; } = [];

    public bool HasCluster { get; init; }

    public bool HasMicro { get; init; }

    /// <summary>Where RESULTS.md goes, with its plots and figures; null: nowhere.</summary>
    public string? WriteTo { get; init; }

    /// <summary>On the disk that is to be measured.</summary>
    public required string Directory { get; init; }

    /// <summary>As it was typed.</summary>
    public required string Command { get; init; }
}
