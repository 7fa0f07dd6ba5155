namespace CaptchaCluster.Tokens;

/// <summary>Times in seconds.</summary>
/// <param name="MaxTtlSeconds">Longest life of a token (Tokens:MaxTtlSeconds).</param>
/// <param name="MaxClockSkewSeconds">How far the clocks of nodes may be apart (Redemption:MaxClockSkewSeconds).</param>
public sealed record TokenLimits(int MaxTtlSeconds, int MaxClockSkewSeconds)
{
    /// <summary>Characters of a wrapped token (Turnstile documents the same).</summary>
    public const int MaxTokenLength = 2048;

    public const int MaxActionLength = 32;
    public const int MaxCDataLength = 255;

    /// <summary>Whether a minter under these limits gives such times, its clock being as far ahead as it may.</summary>
    public bool Allow(UnixSeconds issuedAt, UnixSeconds expiresAt, UnixSeconds now) =>
        expiresAt > issuedAt && expiresAt - issuedAt <= MaxTtlSeconds && expiresAt <= now + MaxTtlSeconds + MaxClockSkewSeconds;
}
