using System.Collections.Immutable;

namespace CaptchaCluster.Sites;

/// <summary>What the owner of a site may set.</summary>
public sealed record SitePolicy
{
    public const int MaxNameLength = 100;
    public const int MaxHostnames = 200;

    /// <summary>1…<see cref="MaxNameLength"/> characters.</summary>
    public required string Name { get; init; }

    /// <summary>Lower-case host names without scheme, port or path; at most <see cref="MaxHostnames"/>.</summary>
    public ImmutableArray<Hostname> Hostnames { get; init; } = [];

    public bool EnforceHostname { get; init; }

    public IpBinding IpBinding { get; init; } = IpBinding.Off;

    /// <summary>Seconds from minting to expiry where the minter names none: 1…Tokens:MaxTtlSeconds.</summary>
    public required int TokenTtlSeconds { get; init; }

    public Tier Tier { get; init; } = Tier.Unlimited;

    public bool Disabled { get; init; }

    /// <summary>
    /// A listed host allows itself and its subdomains, not its parent or siblings (Turnstile, "Hostname management").
    /// <paramref name="hostname"/> is a token's, thus already in canonical form.
    /// </summary>
    public bool AllowsHostname(ReadOnlySpan<byte> hostname)
    {
        if (!EnforceHostname) return true;
        foreach (Hostname listed in Hostnames)
        {
            if (listed.Covers(hostname)) return true;
        }

        return false;
    }
}
