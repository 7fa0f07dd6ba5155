namespace CaptchaCluster.Bench.Rows;

/// <summary>One row in one round. Times of processors are per request, in microseconds; latencies in milliseconds.</summary>
internal sealed record Sample
{
    public required Row Row { get; init; }

    public required int Connections { get; init; }

    /// <summary>From 0.</summary>
    public required int Round { get; init; }

    /// <summary>Planned arrivals a second; null in a closed loop.</summary>
    public double? Planned { get; init; }

    /// <summary>Answers a second.</summary>
    public required double Rate { get; init; }

    public required long Answered { get; init; }

    /// <summary>Requests that got no verdict, or no answer, or could not be sent in time.</summary>
    public required long Unanswered { get; init; }

    /// <summary>Answers that are wrong; one is too many.</summary>
    public required long Wrong { get; init; }

    /// <summary>The first of them.</summary>
    public string? WrongAnswer { get; init; }

    public required double P50 { get; init; }

    public required double P99 { get; init; }

    public required double P999 { get; init; }

    public required double Max { get; init; }

    /// <summary>Of the server that was asked.</summary>
    public required double FrontCpu { get; init; }

    /// <summary>Of the silos behind it.</summary>
    public double SiloCpu { get; init; }

    /// <summary>Of the database behind all.</summary>
    public required double StoreCpu { get; init; }

    /// <summary>Of the load client.</summary>
    public required double ClientCpu { get; init; }

    /// <summary>Processors that something else on the machine kept busy meanwhile.</summary>
    public required double OthersBusy { get; init; }

    /// <summary>Bytes per request, in the managed heap of the server that was asked.</summary>
    public required double Allocated { get; init; }

    /// <summary>Of the same, per second.</summary>
    public required double Collections { get; init; }

    /// <summary>Share of the time that they stopped it.</summary>
    public required double Paused { get; init; }

    /// <summary>Bytes by which the ledger grew, per redemption; null where it did not.</summary>
    public double? LedgerBytes { get; init; }

    /// <summary>Over which its connections were spread; null where it is about one server only.</summary>
    public int? Gateways { get; init; }

    /// <summary>What it took of PostgreSQL.</summary>
    public DatabaseShare? Database { get; init; }

    /// <summary>Behind the gateway; null where there is none.</summary>
    public int? Silos { get; init; }

    /// <summary>Calls of the gateway to silos.</summary>
    public CallShare? Calls { get; init; }

    /// <summary>Bytes per request that went over loopback, headers and acknowledgements included, whoever sent them.</summary>
    public double LoopbackBytes { get; init; }
}
