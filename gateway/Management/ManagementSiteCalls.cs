using System.Text.Json;
using CaptchaCluster.Gateway.Admin;
using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Gateway.Management;

/// <summary>
/// Sites as caputchin's management API has them, for its Terraform provider: what it calls the id is the sitekey, times are
/// milliseconds, and an installation is one troop.
/// </summary>
internal sealed class ManagementSiteCalls(SiteRegistry sites, TokenSettings tokens)
{
    /// <summary>Its clients compare what they asked for with what they are told, so there is one answer.</summary>
    public const string Troop = "self-hosted";

    private const int MaxTroopLength = 100;

    public async ValueTask<AdminReply> CreateAsync(string none, JsonMembers body)
    {
        string? name = SiteChange.ReadName(body);
        string? troop = body.Text("troop_id", 0, MaxTroopLength);
        if (name is null) body.Refuse("name", "given");
        if (body.RefuseUnknown() is { } problem) return AdminError.BadRequest(problem);
        if (troop is not (null or Troop)) return AdminError.TroopNotAllowed;
        (Site site, string secret) = await sites.CreateAsync(new SitePolicy { Name = name!, TokenTtlSeconds = tokens.DefaultTtlSeconds });
        return new ManagementSiteReply(StatusCodes.Status201Created, site, secret);
    }

    public async ValueTask<AdminReply> GetAsync(string id, JsonMembers body) =>
        await FindAsync(id) is { } site ? new ManagementSiteReply(StatusCodes.Status200OK, site) : AdminError.UnknownSite;

    public async ValueTask<AdminReply> ChangeAsync(string id, JsonMembers body)
    {
        if (await FindAsync(id) is not { } found) return AdminError.UnknownSite;
        string? name = SiteChange.ReadName(body);
        bool? disabled = body.Flag("disabled");
        if (body.RefuseUnknown() is { } problem) return AdminError.BadRequest(problem);
        Site? site = await sites.ChangeAsync(
            found.Key, policy => policy with { Name = name ?? policy.Name, Disabled = disabled ?? policy.Disabled });
        return site is null ? AdminError.UnknownSite : new ManagementSiteReply(StatusCodes.Status200OK, site);
    }

    public async ValueTask<AdminReply> DeleteAsync(string id, JsonMembers body) =>
        await FindAsync(id) is { } site && await sites.DeleteAsync(site.Key) ? new NoContentReply() : AdminError.UnknownSite;

    /// <summary>Immediate, as the peer's: the old secret has ended when this returns.</summary>
    public async ValueTask<AdminReply> RotateAsync(string id, JsonMembers body)
    {
        if (await FindAsync(id) is not { } site) return AdminError.UnknownSite;
        if (body.RefuseUnknown() is { } problem) return AdminError.BadRequest(problem);
        return await sites.RotateAsync(site.Key, new RotationRequest(InvalidateImmediately: true, RotationId: null)) switch
        {
            RotationResult.Rotated rotated => new ManagementSecretReply(rotated.Secret),
            RotationResult.NoSuchSite => AdminError.UnknownSite,
            var other => throw new InvalidOperationException($"{other.GetType()} is not how an immediate rotation ends."),
        };
    }

    private async ValueTask<Site?> FindAsync(string id) => SiteKey.TryParse(id, out SiteKey key) ? await sites.FindAsync(key) : null;
}

internal sealed record ManagementSiteReply(int Status, Site Site, string? Secret = null) : AdminReply(Status)
{
    public override string? Target => Site.Key.ToString();

    public override void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("site"u8);
        json.WriteString("id"u8, Site.Key.ToString());
        json.WriteString("key"u8, Site.Key.ToString());
        json.WriteString("name"u8, Site.Policy.Name);
        json.WriteString("troop_id"u8, ManagementSiteCalls.Troop);
        json.WriteString("tier"u8, SiteWords.Of(Site.Policy.Tier));
        json.WriteBoolean("disabled"u8, Site.Policy.Disabled);
        json.WriteNumber("created_at"u8, Site.CreatedAt.ToDateTimeOffset().ToUnixTimeMilliseconds());
        json.WriteEndObject();
        if (Secret is not null) json.WriteString("secret"u8, Secret);
        json.WriteEndObject();
    }
}

internal sealed record ManagementSecretReply(string Secret) : AdminReply(StatusCodes.Status200OK)
{
    public override void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("secret"u8, Secret);
        json.WriteEndObject();
    }
}
