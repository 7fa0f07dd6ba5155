namespace CaptchaCluster.Redemption;

/// <summary>What the ledger says to an attempt. A closed set.</summary>
public enum RedemptionStatus
{
    /// <summary>The outcome was not established (I5). Only asking again with the same attempt key settles it.</summary>
    Unknown = 0,

    /// <summary>This attempt spent the token, and that is durable.</summary>
    Redeemed,

    /// <summary>This very attempt had spent it before (I3).</summary>
    Replayed,

    /// <summary>Another attempt spent it, and that is durable (I4).</summary>
    Duplicate,

    /// <summary>Not spent, and past its expiry (I7).</summary>
    Expired,

    /// <summary>The site is not active, or its secret of this generation is no longer valid (I8).</summary>
    Retired,

    /// <summary>The queue is full; nothing was tried (I10).</summary>
    Overloaded,
}

/// <param name="Status">What happened.</param>
/// <param name="At">When the token was spent; only with Redeemed, Replayed and Duplicate.</param>
public readonly record struct RedemptionOutcome(RedemptionStatus Status, UnixSeconds At = default);
