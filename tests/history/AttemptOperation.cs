namespace CaptchaCluster.Tests.History;

/// <summary>What the caller of one attempt operation was told.</summary>
public enum Verdict : byte
{
    /// <summary>No answer, a time-out, a 503: the operation may have redeemed the token, may still do so, or never will.</summary>
    Unknown,
    Success,
    Duplicate,
    Expired,
    InvalidSecret,

    /// <summary>Any other definite refusal: hostname, action or IP policy, another site's token.</summary>
    Refused,
}

/// <summary>One call of the verification API as its caller saw it. All times are ticks of the observer's one monotonic clock.</summary>
/// <param name="Attempt">The attempt key; operations of one token with the same key are idempotent retries of each other.</param>
/// <param name="Call">Stamped before the request left.</param>
/// <param name="Return">Stamped after the answer came; <see cref="Never"/> when <paramref name="Verdict"/> is unknown.</param>
/// <param name="Token">The token's position in <see cref="RecordedHistory.Tokens"/>.</param>
/// <param name="Site">The site whose secret was presented.</param>
/// <param name="Generation">The generation of that secret.</param>
/// <param name="Verdict">The answer.</param>
/// <param name="Anonymous">No idempotency key was sent: the server drew an attempt key the observer does not know, and
/// <paramref name="Attempt"/> is the observer's own unique number. Such a key cannot be compared to the ledger's.</param>
public readonly record struct AttemptOperation(
    UInt128 Attempt, long Call, long Return, int Token, int Site, int Generation, Verdict Verdict, bool Anonymous = false)
{
    /// <summary>The return time of an operation whose outcome is unknown.</summary>
    public const long Never = long.MaxValue;
}
