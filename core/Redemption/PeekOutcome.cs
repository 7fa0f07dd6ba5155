namespace CaptchaCluster.Redemption;

/// <summary>What the ledger knows of a token. A closed set.</summary>
public enum PeekStatus
{
    /// <summary>The ledger cannot tell (I5).</summary>
    Unknown = 0,

    /// <summary>Not spent, and not past its expiry.</summary>
    Unspent,

    /// <summary>Spent, and that is durable.</summary>
    Redeemed,

    /// <summary>Past its expiry. Where its redemption would no longer be retained, nobody knows whether it was spent (I7).</summary>
    Expired,

    /// <summary>The queue is full; nothing was looked up (I10).</summary>
    Overloaded,

    /// <summary>The site of who asked is not active, or its secret of that generation is no longer valid (I8).</summary>
    Retired,
}

/// <param name="Status">What is known.</param>
/// <param name="At">When the token was spent; only with Redeemed.</param>
public readonly record struct PeekOutcome(PeekStatus Status, UnixSeconds At = default);
