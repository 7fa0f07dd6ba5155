namespace CaptchaCluster.Verification;

/// <summary>What a caller sent, as UTF-8; a field that was not sent is empty. Nothing of it is kept after the call it is given to.</summary>
public readonly ref struct VerificationRequest
{
    public ReadOnlySpan<byte> Secret { get; init; }

    public ReadOnlySpan<byte> Token { get; init; }

    /// <summary>The visitor's address as the site's server saw it; looked at only where the site binds addresses.</summary>
    public ReadOnlySpan<byte> RemoteIp { get; init; }

    /// <summary>At most 128 characters; empty counts as none.</summary>
    public ReadOnlySpan<byte> IdempotencyKey { get; init; }

    /// <summary>Where given it must be the token's.</summary>
    public ReadOnlySpan<byte> SiteKey { get; init; }
}
