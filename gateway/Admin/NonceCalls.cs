using System.Text.Json;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Gateway.Admin;

/// <summary>Redeems nonces that somebody else issued (Privacy Pass tokens and their like), for an origin that has verified them itself.</summary>
internal sealed class NonceCalls(SiteRegistry sites, NonceRedeemer redeemer, TimeProvider clock)
{
    private const int MaxNonceLength = 512;
    private const int MaxContextLength = 255;
    private const int MaxIdempotencyKeyLength = 128;

    public async ValueTask<AdminReply> RedeemAsync(string none, JsonMembers body)
    {
        UnixSeconds now = UnixSeconds.Now(clock);
        NonceRequest? request = Read(body, now);
        if (request is null) return AdminError.BadRequest(body.Problem!);
        if (await RefusalOfAsync(request.Site) is { } refusal) return refusal;

        RedemptionOutcome outcome = await redeemer.RedeemAsync(request, now);
        return outcome.Status switch
        {
            RedemptionStatus.Redeemed or RedemptionStatus.Replayed => new NonceReply(Refusal: null, outcome.At),
            RedemptionStatus.Duplicate => new NonceReply("duplicate", outcome.At),
            RedemptionStatus.Expired => new NonceReply("expired", RedeemedAt: null),

            // Active when the call came in, and not any more; or deactivated and activated again in between.
            RedemptionStatus.Retired => await RefusalOfAsync(request.Site) ?? AdminError.SiteDisabled,
            RedemptionStatus.Unknown or RedemptionStatus.Overloaded => AdminError.NotDecided,
            _ => throw new InvalidOperationException($"{outcome.Status} is not a redemption status."),
        };
    }

    private static NonceRequest? Read(JsonMembers members, UnixSeconds now)
    {
        SiteKey site = default;
        if (!SiteKey.TryParse(members.Text("sitekey", 0, SiteKey.TextLength), out site)) members.Refuse("sitekey", "the sitekey of a site");
        string? nonce = members.Text("nonce", 1, MaxNonceLength);
        if (nonce is null) members.Refuse("nonce", "given");
        UnixSeconds? expiresAt = members.Time("expires_at");
        if (expiresAt is null) members.Refuse("expires_at", "given");
        else if (expiresAt > now + NonceRedeemer.MaxLifetimeSeconds)
            members.Refuse("expires_at", $"at most {NonceRedeemer.MaxLifetimeSeconds} seconds from now; it is {now} here");
        NonceRequest request = new()
        {
            Site = site,
            Nonce = nonce ?? "",
            Context = members.Text("context", 0, MaxContextLength) ?? "",
            ExpiresAt = expiresAt ?? default,
            IdempotencyKey = members.Text("idempotency_key", 0, MaxIdempotencyKeyLength) ?? "",
        };
        return members.RefuseUnknown() is null ? request : null;
    }

    // The ledger has the last word on what is active; a refusal needs to know it as it is now (I8).
    private async ValueTask<AdminError?> RefusalOfAsync(SiteKey key)
    {
        if (sites.Directory.TryGet(key, out Site known) && known.IsActive) return null;
        if (await sites.FindAsync(key) is not { } site) return AdminError.UnknownSite;
        return site.IsActive ? null : AdminError.SiteDisabled;
    }
}

/// <param name="Refusal">Null where the nonce is redeemed, by this attempt.</param>
/// <param name="RedeemedAt">When, by whomever; null where it is not known to have been.</param>
internal sealed record NonceReply(string? Refusal, UnixSeconds? RedeemedAt) : AdminReply(StatusCodes.Status200OK)
{
    public override void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteBoolean("success"u8, Refusal is null);
        if (Refusal is not null) json.WriteString("reason"u8, Refusal);
        if (RedeemedAt is { } time) json.WriteString("redeemed_at"u8, time.ToString());
        json.WriteEndObject();
    }
}
