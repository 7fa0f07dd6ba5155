using System.Net;
using System.Runtime.CompilerServices;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Verification;

/// <summary>
/// Judges one verification, in this order: bytes, secret, the token's site, the site's policy as of now, then the ledger
/// (existing redemption, expiry, record). Whatever is refused before the ledger spends nothing (I6), and an error in the
/// secret hides everything about the token.
/// </summary>
public sealed class Verifier(SiteDirectory sites, TokenCodec codec, IRedeemer redeemer, TimeProvider clock, bool acceptTestKeys)
{
    /// <summary>The request's spans are read before the first await; the task cannot be cancelled.</summary>
    public ValueTask<Verdict> VerifyAsync(VerificationRequest request)
    {
        UnixSeconds now = UnixSeconds.Now(clock);
        if (request.Secret.IsEmpty)
            return new(new Verdict(request.Token.IsEmpty ? VerdictKind.MissingSecretAndToken : VerdictKind.MissingSecret));
        if (acceptTestKeys && TestKeys.TryJudge(request.Secret, request.Token, now, out Verdict test)) return new(test);

        VerdictKind refusal = Authenticate(request.Secret, now, out Site site, out Generation generation);
        if (refusal != VerdictKind.Success) return new(new Verdict(refusal));
        if (request.Token.IsEmpty) return new(new Verdict(VerdictKind.MissingToken));

        PassToken? token = codec.Read(request.Token);
        if (token is null) return new(new Verdict(VerdictKind.InvalidToken));
        refusal = JudgePolicy(request, site, token);
        if (refusal != VerdictKind.Success) return new(new Verdict(refusal, token));
        if (IsExpiredBeyondReplay(request, token, now)) return new(new Verdict(VerdictKind.Expired, token));

        AttemptKey attempt = request.IdempotencyKey.IsEmpty ? AttemptKey.New() : AttemptKey.Of(site.Key, request.IdempotencyKey);
        return RedeemAsync(token, new RedemptionRequest(token.Id, token.ExpiresAt, site.Key, generation, attempt));
    }

    private VerdictKind Authenticate(ReadOnlySpan<byte> secret, UnixSeconds now, out Site site, out Generation generation)
    {
        (site, generation) = (null!, default);
        if (!SiteSecret.TryReadSite(secret, out SiteKey key) || !sites.TryGet(key, out site)) return VerdictKind.InvalidSecret;
        Span<byte> hash = stackalloc byte[SiteSecret.HashSize];
        SiteSecret.Hash(secret, hash);
        if (!site.TryAuthenticate(hash, now, out generation)) return VerdictKind.InvalidSecret;
        return site.IsActive ? VerdictKind.Success : VerdictKind.SiteDisabled;
    }

    private static VerdictKind JudgePolicy(VerificationRequest request, Site site, PassToken token)
    {
        if (token.Site != site.Key) return VerdictKind.OtherSite;
        if (!request.SiteKey.IsEmpty && !(SiteKey.TryParse(request.SiteKey, out SiteKey named) && named == site.Key))
            return VerdictKind.OtherSite;
        if (!site.Policy.AllowsHostname(token.Hostname)) return VerdictKind.HostnameMismatch;
        return site.Policy.IpBinding == IpBinding.Off || IsFromItsVisitor(request.RemoteIp, token)
            ? VerdictKind.Success
            : VerdictKind.IpMismatch;
    }

    private static bool IsFromItsVisitor(ReadOnlySpan<byte> remoteIp, PassToken token) =>
        ClientAddress.TryParse(remoteIp, out IPAddress address) && TokenCodec.IsBoundTo(token, address);

    // I12: past its expiry only the replay of an idempotent attempt can still succeed, so only that goes to the ledger.
    private bool IsExpiredBeyondReplay(VerificationRequest request, PassToken token, UnixSeconds now)
    {
        if (token.IssuedAt <= redeemer.IssuedFloor) return true;
        long grace = request.IdempotencyKey.IsEmpty ? 0 : codec.Limits.MaxClockSkewSeconds;
        return now >= token.ExpiresAt + grace;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Verdict> RedeemAsync(PassToken token, RedemptionRequest request)
    {
        RedemptionOutcome outcome = await redeemer.RedeemAsync(request).ConfigureAwait(false);
        return outcome.Status switch
        {
            RedemptionStatus.Redeemed or RedemptionStatus.Replayed => new Verdict(VerdictKind.Success, token),
            RedemptionStatus.Duplicate => new Verdict(VerdictKind.Duplicate, token),
            RedemptionStatus.Expired => new Verdict(VerdictKind.Expired, token),
            RedemptionStatus.Retired => new Verdict(Retired(request.Site)),
            RedemptionStatus.Unknown or RedemptionStatus.Overloaded => new Verdict(VerdictKind.Undecided),
            _ => throw new ArgumentOutOfRangeException(nameof(request), outcome.Status, "not a redemption status"),
        };
    }

    // The secret was right when the request came in and is not any more: a secret never comes back under a later generation.
    private VerdictKind Retired(SiteKey key) =>
        sites.TryGet(key, out Site site) && site is { IsActive: false, IsDeleted: false } ? VerdictKind.SiteDisabled : VerdictKind.InvalidSecret;
}
