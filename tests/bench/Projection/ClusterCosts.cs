namespace CaptchaCluster.Bench.Projection;

/// <summary>What one redemption takes, measured. Times of processors in microseconds, kernel included.</summary>
internal sealed record ClusterCosts
{
    public required double Gateway { get; init; }

    public required double Silo { get; init; }

    /// <summary>Of all processes of the database.</summary>
    public required double Database { get; init; }

    /// <summary>Between gateway and silo, both ways, headers included.</summary>
    public required double HopBytes { get; init; }

    /// <summary>Of the database's write-ahead log.</summary>
    public required double LogBytes { get; init; }

    /// <summary>Of the database's table and its index.</summary>
    public required double StoredBytes { get; init; }
}
