namespace CaptchaCluster.Redemption;

public sealed record ShardHostOptions
{
    /// <summary>Seconds that clocks may be apart; redemptions are kept that much longer than their tokens live. Default 300.</summary>
    public int MaxClockSkewSeconds { get; init; } = 300;

    /// <summary>Requests that may queue while a commit is in flight; one more is answered Overloaded (I10). Default 16,384.</summary>
    public int MaxQueued { get; init; } = 16_384;

    /// <summary>A turn that takes longer ends readiness until it is over: its disk stands still (I9). Default 5 s.</summary>
    public TimeSpan StalledAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the ledger is looked over for what may be forgotten. Default 1 s.</summary>
    public TimeSpan PurgeInterval { get; init; } = TimeSpan.FromSeconds(1);
}
