using System.Buffers.Binary;
using System.Text;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Redemption;

/// <summary>One attempt to redeem one nonce.</summary>
public sealed record NonceRequest
{
    /// <summary>Whose nonce it is. The same nonce of another site is another nonce.</summary>
    public required SiteKey Site { get; init; }

    /// <summary>Any text; told apart by its exact characters.</summary>
    public required string Nonce { get; init; }

    /// <summary>Where the nonce is good (RFC 9577: redemption context, token key). The same nonce of another context is another nonce.</summary>
    public required string Context { get; init; }

    /// <summary>The nonce's own expiry, the same with every attempt.</summary>
    public required UnixSeconds ExpiresAt { get; init; }

    /// <summary>Names the attempt, as with tokens; empty counts as none.</summary>
    public string IdempotencyKey { get; init; } = "";
}

/// <summary>
/// Redeems what somebody else issued, at most once: a Privacy Pass token's nonce (RFC 9577, double spending), or any other
/// that its issuer does not vouch for twice. The ledger is the one of tokens, and no mechanism is added to it.
/// </summary>
/// <remarks>
/// In the ledger an id determines its expiry; a nonce comes with an expiry that only the caller's word gives. Were the
/// expiry part of the id, one nonce under two expiries (a caller that says "in ten minutes" with every retry) would be two
/// redemptions; were it left out, the ledger would look for one of them where the other is not. So time is cut into
/// windows of <see cref="MaxLifetimeSeconds"/>, a window's end is the expiry of its ids, and a nonce is claimed in two windows:
/// that of its expiry and the one before, in this order of time. Of two requests for one nonce that are both made before the
/// other's expiry, neither expiry is more than a window ahead of the other, so that they share a window; whose claim there is
/// first has won, and the other is a duplicate. A window that has ended can be claimed by nobody any more.
/// <para>
/// So a nonce is redeemed at most once while the first expiry it was given lives, whatever expiries are given after it, and
/// with the same expiry every time at most once ever. Whoever gives it a new one after the first has passed has made a new nonce.
/// </para>
/// <para>
/// An attempt that ends between its two claims (a crash, a ledger that fails) is as one whose reply was lost: it can be had
/// again with its idempotency key only, and for others the nonce is spent.
/// </para>
/// </remarks>
/// <param name="redeemer">The owner of the ledger.</param>
/// <param name="maxClockSkewSeconds">Redemption:MaxClockSkewSeconds.</param>
public sealed class NonceRedeemer(IRedeemer redeemer, int maxClockSkewSeconds)
{
    /// <summary>Seconds from a redemption to the latest expiry it may name. Part of the ids: another value forgets redemptions.</summary>
    public const int MaxLifetimeSeconds = 3600;

    private static ReadOnlySpan<byte> IdLabel => "nonce"u8;

    private static ReadOnlySpan<byte> AttemptLabel => "nonce attempt"u8;

    /// <summary>As <see cref="IRedeemer.RedeemAsync"/>; Retired where the site is not active.</summary>
    /// <param name="request">Its expiry is at most <see cref="MaxLifetimeSeconds"/> after <paramref name="now"/>.</param>
    /// <param name="now">Wall clock.</param>
    public async ValueTask<RedemptionOutcome> RedeemAsync(NonceRequest request, UnixSeconds now)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(request.ExpiresAt, now + MaxLifetimeSeconds);
        long window = WindowOf(request.ExpiresAt);
        if (await IsExpiredBeyondReplayAsync(request, window, now) is { } refusal) return refusal;

        AttemptKey attempt = AttemptOf(request);
        RedemptionOutcome before = await ClaimAsync(request, window - 1, attempt);
        if (before.Status is not (RedemptionStatus.Redeemed or RedemptionStatus.Replayed or RedemptionStatus.Expired)) return before;

        RedemptionOutcome outcome = await ClaimAsync(request, window, attempt);
        bool isClaimed = outcome.Status is RedemptionStatus.Redeemed or RedemptionStatus.Replayed;

        // I7: the ledger judged the window's end; the nonce's own expiry is held against the time that the ledger recorded. The floor
        // may have risen meanwhile (I1).
        bool isExpired = outcome.At >= request.ExpiresAt || IsFromBeforeRestore(request);
        return isClaimed && isExpired ? new RedemptionOutcome(RedemptionStatus.Expired) : outcome;
    }

    /// <summary>What stands against it; null where nothing does. Past its expiry only a replay can still succeed, and nothing new is claimed.</summary>
    private async ValueTask<RedemptionOutcome?> IsExpiredBeyondReplayAsync(NonceRequest request, long window, UnixSeconds now)
    {
        long grace = request.IdempotencyKey.Length == 0 ? 0 : maxClockSkewSeconds;
        if (IsFromBeforeRestore(request) || now >= request.ExpiresAt + grace) return new RedemptionOutcome(RedemptionStatus.Expired);
        if (now < request.ExpiresAt) return null;

        PeekOutcome peek = await redeemer.PeekAsync(IdOf(request, window), EndOf(window));
        return peek.Status switch
        {
            PeekStatus.Redeemed => null,
            PeekStatus.Unspent or PeekStatus.Expired => new RedemptionOutcome(RedemptionStatus.Expired),
            PeekStatus.Overloaded => new RedemptionOutcome(RedemptionStatus.Overloaded),
            _ => new RedemptionOutcome(RedemptionStatus.Unknown),
        };
    }

    // What was redeemed before a ledger came back from its backup is forgotten, and had an expiry up to this.
    private bool IsFromBeforeRestore(NonceRequest request) => request.ExpiresAt <= redeemer.IssuedFloor + MaxLifetimeSeconds;

    private ValueTask<RedemptionOutcome> ClaimAsync(NonceRequest request, long window, AttemptKey attempt) =>
        redeemer.RedeemAsync(new RedemptionRequest(IdOf(request, window), EndOf(window), request.Site, Generation.NoSecret, attempt));

    /// <summary>The window whose end is at or after the time, and less than a window after it.</summary>
    private static long WindowOf(UnixSeconds time) => (time.Value + MaxLifetimeSeconds - 1) / MaxLifetimeSeconds;

    private static UnixSeconds EndOf(long window) => new(window * MaxLifetimeSeconds);

    private static TokenId IdOf(NonceRequest request, long window)
    {
        byte[] context = Encoding.UTF8.GetBytes(request.Context);
        return TokenId.Derive(IdLabel, [.. Head(request.Site, window), .. Number(context.Length), .. context, .. Encoding.UTF8.GetBytes(request.Nonce)]);
    }

    // The expiry is part of it: an attempt sent again is the same request to the byte, or it is another attempt.
    private static AttemptKey AttemptOf(NonceRequest request)
    {
        if (request.IdempotencyKey.Length == 0) return AttemptKey.New();
        byte[] content = [.. Head(request.Site, request.ExpiresAt.Value), .. Encoding.UTF8.GetBytes(request.IdempotencyKey)];
        TokenId named = TokenId.Derive(AttemptLabel, content);
        return new AttemptKey(named.High, named.Low);
    }

    private static byte[] Head(SiteKey site, long number)
    {
        byte[] head = new byte[SiteKey.Size + sizeof(long)];
        site.Write(head);
        BinaryPrimitives.WriteInt64BigEndian(head.AsSpan(SiteKey.Size), number);
        return head;
    }

    private static byte[] Number(int value)
    {
        byte[] number = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(number, value);
        return number;
    }
}
