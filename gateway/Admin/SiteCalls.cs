using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Gateway.Admin;

/// <summary>What the admin API does with sites and their tokens: each call takes a sitekey and a body where it needs them, and says what to answer.</summary>
internal sealed class SiteCalls(SiteRegistry sites, TokenMinter minter, ServerTokenCheck serverTokens, TokenSettings tokens)
{
    public async ValueTask<AdminReply> CreateAsync(string none, JsonMembers body)
    {
        SiteChange change = SiteChange.Read(body, tokens);
        if (body.Problem is { } problem) return AdminError.BadRequest(problem);
        (Site site, string secret) = await sites.CreateAsync(change.Create(tokens));
        return new SiteReply(StatusCodes.Status201Created, site, secret);
    }

    public async ValueTask<AdminReply> ListAsync(string none, JsonMembers body) => new SiteListReply(await sites.ListAsync());

    public async ValueTask<AdminReply> GetAsync(string name, JsonMembers body) =>
        await FindAsync(name) is { } site ? new SiteReply(StatusCodes.Status200OK, site) : AdminError.UnknownSite;

    public async ValueTask<AdminReply> ChangeAsync(string name, JsonMembers body)
    {
        if (await FindAsync(name) is not { } found) return AdminError.UnknownSite;
        SiteChange change = SiteChange.Read(body, tokens);
        if (body.Problem is { } problem) return AdminError.BadRequest(problem);
        Site? site = await sites.ChangeAsync(found.Key, change.ApplyTo);
        return site is null ? AdminError.UnknownSite : new SiteReply(StatusCodes.Status200OK, site);
    }

    public async ValueTask<AdminReply> DeleteAsync(string name, JsonMembers body) =>
        await FindAsync(name) is { } site && await sites.DeleteAsync(site.Key) ? new NoContentReply() : AdminError.UnknownSite;

    public async ValueTask<AdminReply> RotateAsync(string name, JsonMembers body)
    {
        if (await FindAsync(name) is not { } site) return AdminError.UnknownSite;
        RotationRequest request = new(
            body.Flag("invalidate_immediately"),
            body.Text("rotation_id", RotationReceipt.MinIdLength, RotationReceipt.MaxIdLength));
        if (body.RefuseUnknown() is { } problem) return AdminError.BadRequest(problem);
        return await sites.RotateAsync(site.Key, request) switch
        {
            RotationResult.Rotated rotated => new RotationReply(rotated),
            RotationResult.InGrace grace => AdminError.RotationInGrace(grace),
            RotationResult.IdReused => AdminError.RotationIdReused,
            RotationResult.NoSuchSite => AdminError.UnknownSite,
            var other => throw new InvalidOperationException($"{other.GetType()} is not a result of a rotation."),
        };
    }

    public async ValueTask<AdminReply> MintAsync(string name, JsonMembers body)
    {
        if (await FindAsync(name) is not { } site) return AdminError.UnknownSite;
        MintRequest? request = MintRequestReader.Read(body, site, tokens.MaxTtlSeconds);
        if (request is null) return AdminError.BadRequest(body.Problem!);
        if (!site.IsActive) return AdminError.SiteDisabled;
        ServerToken? serverToken = null;
        if (request.ServerToken is { } text && serverTokens.Judge(text, ref request, out serverToken) is { } mismatch) return mismatch;
        MintResult result = minter.Make(request);
        if (result is MintResult.TooLarge) return AdminError.TokenTooLarge;

        // Last, so that what cannot be minted uses nothing up.
        if (serverToken is not null && await serverTokens.UseAsync(serverToken) is { } refusal) return refusal;
        MintResult.Minted minted = (MintResult.Minted)result;
        minter.HandedOut(minted);
        return new TokensReply(minted);
    }

    private async ValueTask<Site?> FindAsync(string name) => SiteKey.TryParse(name, out SiteKey key) ? await sites.FindAsync(key) : null;
}
