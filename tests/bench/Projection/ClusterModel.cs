namespace CaptchaCluster.Bench.Projection;

/// <summary>
/// What a cluster needs at a rate that this machine does not reach: what one redemption was measured to take, times the rate.
/// Gateways and silos are as many as it takes, so what breaks first is the database, of which there is one. Nothing else is
/// modelled: no larger batches, which make each redemption cheaper, and no locks inside the database, which make it dearer.
/// </summary>
internal sealed class ClusterModel(ClusterCosts costs, DatabaseMachine machine)
{
    private const double MicrosecondsPerSecond = 1e6;

    public ClusterNeeds At(double rate)
    {
        ClusterNeeds needs = new()
        {
            Rate = rate,
            GatewayProcessors = rate * costs.Gateway / MicrosecondsPerSecond,
            SiloProcessors = rate * costs.Silo / MicrosecondsPerSecond,
            DatabaseProcessors = rate * costs.Database / MicrosecondsPerSecond,
            HopRate = rate * costs.HopBytes,
            LogRate = rate * costs.LogBytes,
            Stored = rate * costs.StoredBytes * machine.Retention,
        };
        double fullest = Loads(needs).Max(load => load.Share);
        return needs with { Databases = Math.Max(1, (int)Math.Ceiling(fullest)), FullestShare = fullest, Fullest = Loads(needs).MaxBy(load => load.Share).What };
    }

    /// <summary>The rate at which one database is full.</summary>
    public double RateOfOneDatabase => 1 / At(1).FullestShare;

    private (string What, double Share)[] Loads(ClusterNeeds needs) =>
    [
        ("processors", needs.DatabaseProcessors / machine.Processors),
        ("log", needs.LogRate / machine.LogRate),
        ("memory", needs.Stored / machine.Memory),
    ];
}

/// <summary>What a cluster needs at one rate.</summary>
internal sealed record ClusterNeeds
{
    /// <summary>Redemptions a second.</summary>
    public required double Rate { get; init; }

    /// <summary>Busy all the time, of all gateways.</summary>
    public required double GatewayProcessors { get; init; }

    public required double SiloProcessors { get; init; }

    public required double DatabaseProcessors { get; init; }

    /// <summary>Bytes a second between gateways and silos.</summary>
    public required double HopRate { get; init; }

    /// <summary>Bytes a second of the database's log.</summary>
    public required double LogRate { get; init; }

    /// <summary>Bytes of table and index that are kept at any time.</summary>
    public required double Stored { get; init; }

    /// <summary>Of the database's machine what is fullest.</summary>
    public string Fullest { get; init; } = "";

    /// <summary>How full, where there is one database; beyond 1 one is not enough.</summary>
    public double FullestShare { get; init; }

    /// <summary>How many databases it takes, each with a part of the shards.</summary>
    public int Databases { get; init; }
}
