using System.Text.Json;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Gateway.Admin;

/// <summary>What a call of the admin API is answered: an HTTP status and a body, unless there is none.</summary>
internal abstract record AdminReply(int Status)
{
    public virtual bool HasBody => true;

    /// <summary>What came to be or was changed, for the audit log; null where the path names it.</summary>
    public virtual string? Target => null;

    /// <summary>How many it hands out, for the audit log.</summary>
    public virtual int? Tokens => null;

    public abstract void WriteTo(Utf8JsonWriter json);
}

internal sealed record NoContentReply() : AdminReply(StatusCodes.Status204NoContent)
{
    public override bool HasBody => false;

    public override void WriteTo(Utf8JsonWriter json)
    {
    }
}

/// <summary>A site; with its secret only where that was just made.</summary>
internal sealed record SiteReply(int Status, Site Site, string? Secret = null) : AdminReply(Status)
{
    public override string? Target => Site.Key.ToString();

    public override void WriteTo(Utf8JsonWriter json) => Write(json, Site, Secret);

    /// <summary>All members, always, in this order.</summary>
    public static void Write(Utf8JsonWriter json, Site site, string? secret)
    {
        json.WriteStartObject();
        json.WriteString("sitekey"u8, site.Key.ToString());
        json.WriteString("name"u8, site.Policy.Name);
        json.WriteStartArray("hostnames"u8);
        foreach (Hostname hostname in site.Policy.Hostnames) json.WriteStringValue(hostname.ToString());
        json.WriteEndArray();
        json.WriteBoolean("enforce_hostname"u8, site.Policy.EnforceHostname);
        json.WriteString("ip_binding"u8, SiteWords.Of(site.Policy.IpBinding));
        json.WriteNumber("token_ttl_seconds"u8, site.Policy.TokenTtlSeconds);
        json.WriteString("tier"u8, SiteWords.Of(site.Policy.Tier));
        json.WriteNumber("generation"u8, site.Generation.Value);
        json.WriteBoolean("disabled"u8, site.Policy.Disabled);
        json.WriteString("created_at"u8, site.CreatedAt.ToString());
        if (secret is not null) json.WriteString("secret"u8, secret);
        json.WriteEndObject();
    }
}

internal sealed record SiteListReply(IReadOnlyList<Site> Sites) : AdminReply(StatusCodes.Status200OK)
{
    public override void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("sites"u8);
        foreach (Site site in Sites) SiteReply.Write(json, site, secret: null);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}

internal sealed record RotationReply(RotationResult.Rotated Rotated) : AdminReply(StatusCodes.Status200OK)
{
    public override void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("secret"u8, Rotated.Secret);
        json.WriteNumber("generation"u8, Rotated.Generation.Value);
        if (Rotated.OldSecretExpiresAt is { } until) json.WriteString("old_secret_expires_at"u8, until.ToString());
        json.WriteEndObject();
    }
}

internal sealed record TokensReply(MintResult.Minted Minted) : AdminReply(StatusCodes.Status201Created)
{
    public override int? Tokens => Minted.Tokens.Count;

    public override void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        if (Minted.Tokens is [var only])
        {
            json.WriteString("token"u8, only);
        }
        else
        {
            json.WriteStartArray("tokens"u8);
            foreach (string token in Minted.Tokens) json.WriteStringValue(token);
            json.WriteEndArray();
        }

        json.WriteString("expires_at"u8, Minted.ExpiresAt.ToString());
        json.WriteEndObject();
    }
}
