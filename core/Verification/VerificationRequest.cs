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

    /// <summary>Where given it must be the secret's, and the token's.</summary>
    public ReadOnlySpan<byte> SiteKey { get; init; }

    /// <summary>Where given it must be what the token was minted for.</summary>
    public ReadOnlySpan<byte> Action { get; init; }

    /// <summary>As <see cref="Action"/>: the user's id at the site.</summary>
    public ReadOnlySpan<byte> Uid { get; init; }

    /// <summary>The credentials are a pair, of which the secret is one half and <see cref="SecretSiteKey"/> the other.</summary>
    public bool HasPairedSecret { get; init; }

    /// <summary>The site whose secret it must be; only with <see cref="HasPairedSecret"/>.</summary>
    public ReadOnlySpan<byte> SecretSiteKey { get; init; }

    /// <summary>Judge as always, but spend nothing: a token that could be redeemed now is success.</summary>
    public bool IsPeek { get; init; }
}
