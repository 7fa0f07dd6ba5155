using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Verification;

/// <summary>
/// Judges one verification, in this order: bytes, secret, the token's site, the site's policy as of now, then the ledger
/// (existing redemption, expiry, record). Whatever is refused before the ledger spends nothing (I6), and an error in the
/// secret hides everything about the token.
/// </summary>
/// <param name="sites">What this node knows of all sites.</param>
/// <param name="codec">Reads tokens.</param>
/// <param name="redeemer">The way to the ledger.</param>
/// <param name="clock">Wall time.</param>
/// <param name="acceptTestKeys">Gateway:TestKeys.</param>
/// <param name="fresh">How to see what other nodes changed; null where there are none.</param>
public sealed class Verifier(
    SiteDirectory sites, TokenCodec codec, IRedeemer redeemer, TimeProvider clock, bool acceptTestKeys, FreshSites? fresh = null)
{
    /// <summary>The request's spans are read before the first await; the task cannot be cancelled.</summary>
    public ValueTask<Verdict> VerifyAsync(in VerificationRequest request)
    {
        UnixSeconds now = UnixSeconds.Now(clock);
        if (request.Secret.IsEmpty)
            return new(new Verdict(request.Token.IsEmpty ? VerdictKind.MissingSecretAndToken : VerdictKind.MissingSecret));
        if (acceptTestKeys && TestKeys.TryJudge(request.Secret, request.Token, now, out Verdict test)) return new(test);

        VerdictKind refusal = Authenticate(request, now, out Site site, out Generation generation);
        if (refusal == VerdictKind.Success) return JudgeToken(request, now, site, generation);
        return fresh is not null && IsOpenToChange(request, out SiteKey key)
            ? JudgeFreshAsync(fresh, key, new CopiedRequest(request))
            : new(new Verdict(refusal));
    }

    private ValueTask<Verdict> JudgeToken(in VerificationRequest request, UnixSeconds now, Site site, Generation generation)
    {
        if (request.Token.IsEmpty) return new(new Verdict(VerdictKind.MissingToken));

        PassToken? token = codec.Read(request.Token);
        if (token is null) return new(new Verdict(VerdictKind.InvalidToken));
        VerdictKind refusal = JudgePolicy(request, site, token);
        if (refusal != VerdictKind.Success) return new(new Verdict(refusal, token));
        if (IsExpiredBeyondReplay(request, token, now)) return new(new Verdict(VerdictKind.Expired, token));
        if (request.IsPeek) return PeekAsync(token, new SiteGeneration(site.Key, generation));

        AttemptKey attempt = request.IdempotencyKey.IsEmpty ? AttemptKey.New() : AttemptKey.Of(site.Key, request.IdempotencyKey);
        return RedeemAsync(token, generation, attempt);
    }

    /// <summary>
    /// I8: another node may have made the site, made its secret or enabled it before this request came. What was deleted stays
    /// so, and a secret that is another site's does.
    /// </summary>
    private bool IsOpenToChange(in VerificationRequest request, out SiteKey key)
    {
        bool isSecret = SiteSecret.TryReadSite(request.Secret, out SiteKey owner);
        key = owner;
        if (request.HasPairedSecret ? !SiteKey.TryParse(request.SecretSiteKey, out key) : !isSecret) return false;
        return !sites.TryGet(key, out Site known) || (!known.IsDeleted && isSecret && owner == key);
    }

    private async ValueTask<Verdict> JudgeFreshAsync(FreshSites source, SiteKey key, CopiedRequest copy)
    {
        if (!await source.RefreshAsync(key).ConfigureAwait(false)) return new Verdict(VerdictKind.Undecided);
        return await JudgeAgain(copy.Read()).ConfigureAwait(false);
    }

    private ValueTask<Verdict> JudgeAgain(in VerificationRequest request)
    {
        UnixSeconds now = UnixSeconds.Now(clock);
        VerdictKind refusal = Authenticate(request, now, out Site site, out Generation generation);
        return refusal == VerdictKind.Success ? JudgeToken(request, now, site, generation) : new(new Verdict(refusal));
    }

    private VerdictKind Authenticate(in VerificationRequest request, UnixSeconds now, out Site site, out Generation generation)
    {
        (site, generation) = (null!, default);
        SiteKey owner = default;
        if (request.HasPairedSecret && !IsSite(request.SecretSiteKey, out owner)) return VerdictKind.UnknownSite;
        if (!sites.TryAuthenticate(request.Secret, now, out site, out generation)) return VerdictKind.InvalidSecret;
        if (request.HasPairedSecret && owner != site.Key) return VerdictKind.InvalidSecret;
        return site.IsActive ? VerdictKind.Success : VerdictKind.SiteDisabled;
    }

    private bool IsSite(ReadOnlySpan<byte> text, out SiteKey key) =>
        SiteKey.TryParse(text, out key) && sites.TryGet(key, out Site site) && !site.IsDeleted;

    private static VerdictKind JudgePolicy(in VerificationRequest request, Site site, PassToken token)
    {
        if (token.Site != site.Key) return VerdictKind.OtherSite;
        if (!request.SiteKey.IsEmpty && !(SiteKey.TryParse(request.SiteKey, out SiteKey named) && named == site.Key))
            return VerdictKind.SiteKeyMismatch;
        if (!site.Policy.AllowsHostname(token.Hostname)) return VerdictKind.HostnameMismatch;
        if (site.Policy.IpBinding == IpBinding.Enforce && !IsFromItsVisitor(request.RemoteIp, token)) return VerdictKind.IpMismatch;
        if (!request.Action.IsEmpty && !token.IsFor(request.Action)) return VerdictKind.ActionMismatch;
        return request.Uid.IsEmpty || TokenCodec.IsBoundTo(token, Encoding.UTF8.GetString(request.Uid))
            ? VerdictKind.Success
            : VerdictKind.UidMismatch;
    }

    private static bool IsFromItsVisitor(ReadOnlySpan<byte> remoteIp, PassToken token) =>
        ClientAddress.TryParse(remoteIp, out IPAddress address) && TokenCodec.IsBoundTo(token, address);

    // I12: past its expiry only the replay of an idempotent attempt can still succeed, so only that goes to the ledger.
    private bool IsExpiredBeyondReplay(in VerificationRequest request, PassToken token, UnixSeconds now)
    {
        if (IsIssuedBeforeRestore(token)) return true;
        long grace = request.IdempotencyKey.IsEmpty ? 0 : codec.Limits.MaxClockSkewSeconds;
        return now >= token.ExpiresAt + grace;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Verdict> RedeemAsync(PassToken token, Generation generation, AttemptKey attempt)
    {
        // Not the other way round: a request that came in as an argument would be kept until there is an outcome.
        RedemptionRequest request = new(token.Id, token.ExpiresAt, token.Site, generation, attempt);
        RedemptionOutcome outcome = await redeemer.RedeemAsync(request).ConfigureAwait(false);
        return outcome.Status switch
        {
            RedemptionStatus.Redeemed or RedemptionStatus.Replayed => Granted(token),
            RedemptionStatus.Duplicate => new Verdict(VerdictKind.Duplicate, token),
            RedemptionStatus.Expired => new Verdict(VerdictKind.Expired, token),
            RedemptionStatus.Retired => await JudgeRetiredAsync(token.Site).ConfigureAwait(false),
            RedemptionStatus.Unknown or RedemptionStatus.Overloaded => new Verdict(VerdictKind.Undecided),
            _ => throw new ArgumentOutOfRangeException(nameof(token), outcome.Status, "not a redemption status"),
        };
    }

    // I5, I8: it goes to the token's owner, who looks whether the secret is still good at that moment.
    private async ValueTask<Verdict> PeekAsync(PassToken token, SiteGeneration asker)
    {
        PeekOutcome outcome = await redeemer.PeekAsync(token.Id, token.ExpiresAt, asker).ConfigureAwait(false);
        return outcome.Status switch
        {
            PeekStatus.Unspent => Granted(token),
            PeekStatus.Redeemed => new Verdict(VerdictKind.Duplicate, token),
            PeekStatus.Expired => new Verdict(VerdictKind.Expired, token),
            PeekStatus.Retired => await JudgeRetiredAsync(asker.Site).ConfigureAwait(false),
            PeekStatus.Unknown or PeekStatus.Overloaded => new Verdict(VerdictKind.Undecided),
            _ => throw new ArgumentOutOfRangeException(nameof(token), outcome.Status, "not what is known of a token"),
        };
    }

    // I1: the floor may have risen since the token was held against it, and what was redeemed below it is forgotten.
    private Verdict Granted(PassToken token) => new(IsIssuedBeforeRestore(token) ? VerdictKind.Expired : VerdictKind.Success, token);

    private bool IsIssuedBeforeRestore(PassToken token) => token.IssuedAt <= redeemer.IssuedFloor;

    // The authority has refused; what this node knows of the site is older than that.
    private async ValueTask<Verdict> JudgeRetiredAsync(SiteKey key) =>
        fresh is null || await fresh.RefreshAsync(key).ConfigureAwait(false)
            ? new Verdict(Retired(key))
            : new Verdict(VerdictKind.Undecided);

    // The secret was right when the request came in and is not any more: a secret never comes back under a later generation.
    private VerdictKind Retired(SiteKey key) =>
        sites.TryGet(key, out Site site) && site is { IsActive: false, IsDeleted: false } ? VerdictKind.SiteDisabled : VerdictKind.InvalidSecret;
}
