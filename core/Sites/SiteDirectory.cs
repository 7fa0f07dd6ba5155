using System.Collections.Concurrent;

namespace CaptchaCluster.Sites;

/// <summary>What this node knows of all sites, for reading on every request without a lock. Keeps the highest version of each.</summary>
public sealed class SiteDirectory : ISiteAuthority
{
    private readonly ConcurrentDictionary<SiteKey, Site> sites = new();

    public SiteDirectory(IEnumerable<Site> known)
    {
        foreach (Site site in known) Publish(site);
    }

    /// <summary>Every site that was not deleted, oldest first.</summary>
    public IReadOnlyList<Site> List() =>
        [.. sites.Values.Where(site => !site.IsDeleted).OrderBy(site => site.CreatedAt).ThenBy(site => site.Key.ToString(), StringComparer.Ordinal)];

    /// <summary>As of one moment, tombstones included.</summary>
    public IReadOnlyList<Site> ListAll() => [.. sites.Values];

    /// <summary>Finds deleted sites too.</summary>
    public bool TryGet(SiteKey key, out Site site) => sites.TryGetValue(key, out site!);

    /// <summary>
    /// The site whose secret this is, active or not, and which of its secrets. False for anything else, most of it from
    /// bytes alone (I12).
    /// </summary>
    public bool TryAuthenticate(ReadOnlySpan<byte> secret, UnixSeconds now, out Site site, out Generation generation)
    {
        (site, generation) = (null!, default);
        if (!SiteSecret.TryReadSite(secret, out SiteKey key) || !TryGet(key, out site)) return false;
        Span<byte> hash = stackalloc byte[SiteSecret.HashSize];
        SiteSecret.Hash(secret, hash);
        return site.TryAuthenticate(hash, now, out generation);
    }

    public bool Accepts(SiteKey site, Generation generation, UnixSeconds now) =>
        sites.TryGetValue(site, out Site? known) && known.Accepts(generation, now);

    /// <summary>From the moment this returns, every verification that starts sees this version or a later one (I8).</summary>
    public void Publish(Site site) =>
        sites.AddOrUpdate(site.Key, site, (_, known) => known.Version >= site.Version ? known : site);
}
