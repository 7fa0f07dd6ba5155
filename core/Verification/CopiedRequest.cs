namespace CaptchaCluster.Verification;

/// <summary>A request that has to wait before it can be judged, and outlives the buffer it was read from.</summary>
internal sealed class CopiedRequest(in VerificationRequest request)
{
    private readonly byte[] secret = request.Secret.ToArray();
    private readonly byte[] token = request.Token.ToArray();
    private readonly byte[] remoteIp = request.RemoteIp.ToArray();
    private readonly byte[] idempotencyKey = request.IdempotencyKey.ToArray();
    private readonly byte[] siteKey = request.SiteKey.ToArray();
    private readonly byte[] action = request.Action.ToArray();
    private readonly byte[] uid = request.Uid.ToArray();
    private readonly byte[] secretSiteKey = request.SecretSiteKey.ToArray();
    private readonly bool hasPairedSecret = request.HasPairedSecret;
    private readonly bool isPeek = request.IsPeek;

    public VerificationRequest Read() => new()
    {
        Secret = secret,
        Token = token,
        RemoteIp = remoteIp,
        IdempotencyKey = idempotencyKey,
        SiteKey = siteKey,
        Action = action,
        Uid = uid,
        HasPairedSecret = hasPairedSecret,
        SecretSiteKey = secretSiteKey,
        IsPeek = isPeek,
    };
}
