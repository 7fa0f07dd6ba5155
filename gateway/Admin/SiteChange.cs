using System.Collections.Immutable;
using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Gateway.Admin;

/// <summary>The writable members of a site, as far as a request names them; null: not named.</summary>
internal sealed record SiteChange
{
    private const string UnnamedSite = "unnamed site";

    public string? Name { get; private init; }

    public ImmutableArray<Hostname>? Hostnames { get; private init; }

    public bool? EnforceHostname { get; private init; }

    public IpBinding? IpBinding { get; private init; }

    public int? TokenTtlSeconds { get; private init; }

    public Tier? Tier { get; private init; }

    public bool? Disabled { get; private init; }

    /// <summary>What is wrong is in the members' <see cref="JsonMembers.Problem"/>.</summary>
    public static SiteChange Read(JsonMembers members, TokenSettings tokens)
    {
        SiteChange change = new()
        {
            Name = ReadName(members),
            Hostnames = ReadHostnames(members),
            EnforceHostname = members.Flag("enforce_hostname"),
            IpBinding = members.Choice("ip_binding", SiteWords.IpBindings),
            TokenTtlSeconds = (int?)members.Integer("token_ttl_seconds", 1, tokens.MaxTtlSeconds),
            Tier = members.Choice("tier", SiteWords.Tiers),
            Disabled = members.Flag("disabled"),
        };
        members.RefuseUnknown();
        return change;
    }

    /// <summary>A new site: what is not named gets its default.</summary>
    public SitePolicy Create(TokenSettings tokens) => ApplyTo(new SitePolicy
    {
        Name = Hostnames is [var first, ..] ? first.ToString() : UnnamedSite,
        TokenTtlSeconds = tokens.DefaultTtlSeconds,
    });

    /// <summary>What is not named stays, but for this: the first hosts of a site are enforced unless told otherwise.</summary>
    public SitePolicy ApplyTo(SitePolicy policy) => policy with
    {
        Name = Name ?? policy.Name,
        Hostnames = Hostnames ?? policy.Hostnames,
        EnforceHostname = EnforceHostname ?? (policy.EnforceHostname || (policy.Hostnames.IsEmpty && Hostnames is { IsEmpty: false })),
        IpBinding = IpBinding ?? policy.IpBinding,
        TokenTtlSeconds = TokenTtlSeconds ?? policy.TokenTtlSeconds,
        Tier = Tier ?? policy.Tier,
        Disabled = Disabled ?? policy.Disabled,
    };

    public static string? ReadName(JsonMembers members)
    {
        string? name = members.Text("name", 1, SitePolicy.MaxNameLength);
        if (name is not null && name.Any(char.IsControl)) members.Refuse("name", "without control characters");
        return name;
    }

    private static ImmutableArray<Hostname>? ReadHostnames(JsonMembers members)
    {
        if (members.Texts("hostnames", SitePolicy.MaxHostnames) is not { } texts) return null;
        List<Hostname> hostnames = [];
        foreach (string text in texts)
        {
            if (Hostname.TryParse(text, out Hostname hostname)) hostnames.Add(hostname);
            else members.Refuse("hostnames", $"{SiteWords.BareHostname}, each; '{text}' is not");
        }

        return [.. hostnames.Distinct()];
    }
}
