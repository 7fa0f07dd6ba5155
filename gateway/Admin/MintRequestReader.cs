using System.Net;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;
using CaptchaCluster.Verification;

namespace CaptchaCluster.Gateway.Admin;

/// <summary>Reads the body of a minting call against the site it is for.</summary>
internal static class MintRequestReader
{
    public const int MaxCount = 10_000;
    private const int MaxUidLength = 256;
    private const int MaxGameIdLength = 255;

    /// <summary>Null where something is wrong: it is in the members' <see cref="JsonMembers.Problem"/>.</summary>
    public static MintRequest? Read(JsonMembers members, Site site, int maxTtlSeconds)
    {
        Hostname? hostname = ReadHostname(members, site);
        MintRequest? request = hostname is null ? null : new()
        {
            Site = site.Key,
            Hostname = hostname,
            Action = members.Text("action", 0, TokenLimits.MaxActionLength),
            CData = members.Text("cdata", 0, TokenLimits.MaxCDataLength),
            ClientAddress = ReadAddress(members, site),
            Uid = members.Text("uid", 0, MaxUidLength),
            Score = members.Number("score", 0, 1),
            Platform = ReadPlatform(members),

            // The limit may have been lowered since the site was made.
            TtlSeconds = (int?)members.Integer("ttl_seconds", 1, maxTtlSeconds) ?? Math.Min(site.Policy.TokenTtlSeconds, maxTtlSeconds),
            Count = (int?)members.Integer("count", 1, MaxCount) ?? 1,
            ServerToken = members.Text("server_token", 1, ServerTokenCodec.MaxLength),
        };
        if (request is { ServerToken: not null, Count: > 1 }) members.Refuse("count", "1 with a server_token: a use is one token");
        return members.Problem is null && members.RefuseUnknown() is null ? request : null;
    }

    private static Hostname? ReadHostname(JsonMembers members, Site site)
    {
        const string name = "hostname";
        if (members.Text(name, 1, Hostname.MaxLength) is { } text)
        {
            if (Hostname.TryParse(text, out Hostname hostname)) return hostname;
            members.Refuse(name, SiteWords.BareHostname);
            return null;
        }

        if (site.Policy.Hostnames is [var first, ..]) return first;
        members.Refuse(name, "given, as the site lists no hostnames of its own");
        return null;
    }

    private static IPAddress? ReadAddress(JsonMembers members, Site site)
    {
        const string name = "client_ip";
        const int longest = 64;
        if (members.Text(name, 1, longest) is not { } text)
        {
            if (site.Policy.IpBinding == IpBinding.Enforce) members.Refuse(name, "given, as the site binds tokens to their visitor's address");
            return null;
        }

        if (ClientAddress.TryParse(text, out IPAddress address)) return address;
        members.Refuse(name, "an IPv4 or IPv6 address");
        return null;
    }

    // A game's score is client-claimed and often absent: null is allowed inside, as verification will show it.
    private static PlatformClaims? ReadPlatform(JsonMembers members)
    {
        if (members.Object("platform") is not { } platform) return null;
        PlatformClaims claims = new(
            platform.IsNull("game_id") ? null : platform.Text("game_id", 0, MaxGameIdLength),
            platform.IsNull("score") ? null : platform.Number("score", double.MinValue, double.MaxValue),
            platform.IsNull("duration_ms") ? null : platform.Integer("duration_ms", 0, long.MaxValue));
        if (platform.RefuseUnknown() is { } problem) members.Adopt(problem);
        return claims;
    }
}
