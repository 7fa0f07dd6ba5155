using CaptchaCluster.Redemption;

namespace CaptchaCluster.Sites;

/// <summary>
/// Every change to sites: decide under the store's lock, persist, publish, reply, in that order. A change that could not be
/// made durable throws what the store threw and is not published; it may be found later, as any operation that was never
/// acknowledged.
/// </summary>
/// <param name="directory">Where this node publishes.</param>
/// <param name="store">Where sites are durable.</param>
/// <param name="clock">Wall time.</param>
/// <param name="fresh">How to see what other nodes changed; null where there are none.</param>
public sealed class SiteRegistry(SiteDirectory directory, ISiteStore store, TimeProvider clock, FreshSites? fresh = null)
{
    public SiteDirectory Directory => directory;

    /// <summary>A site that was not deleted, as it is in the store; null where there is none.</summary>
    /// <exception cref="UnknownOutcomeException">The store could not be read.</exception>
    public async ValueTask<Site?> FindAsync(SiteKey key)
    {
        if (fresh is not null && !await fresh.RefreshAsync(key)) throw new UnknownOutcomeException("The sites could not be read.");
        return directory.TryGet(key, out Site site) && !site.IsDeleted ? site : null;
    }

    /// <summary>Every site that was not deleted, as they are in the store, oldest first.</summary>
    /// <exception cref="UnknownOutcomeException">The store could not be read.</exception>
    public async ValueTask<IReadOnlyList<Site>> ListAsync()
    {
        if (fresh is not null) await fresh.RefreshAllAsync();
        return directory.List();
    }

    public async Task<(Site Site, string Secret)> CreateAsync(SitePolicy policy)
    {
        SiteKey key = SiteKey.New();
        string secret = SiteSecret.New(key);
        Site? site = await store.UpdateAsync(key, _ => new Site
        {
            Key = key,
            Version = 1,
            Policy = policy,
            Generation = Generation.First,
            SecretHash = [.. SiteSecret.Hash(secret)],
            CreatedAt = UnixSeconds.Now(clock),
        });
        directory.Publish(site!);
        return (site!, secret);
    }

    /// <summary>Returns the site as it is afterwards, or null where there is none of that key. An unchanged policy writes nothing.</summary>
    public Task<Site?> ChangeAsync(SiteKey key, Func<SitePolicy, SitePolicy> change) => UpdateAsync(key, site =>
    {
        SitePolicy policy = change(site.Policy);
        return policy == site.Policy ? site : site with { Policy = policy, Version = site.Version + 1 };
    });

    /// <summary>Leaves a tombstone that holds no hash any more. Returns false where there was no such site.</summary>
    public async Task<bool> DeleteAsync(SiteKey key) => await UpdateAsync(key, site => site with
    {
        Version = site.Version + 1,
        DeletedAt = UnixSeconds.Now(clock),
        SecretHash = [],
        Previous = null,
        LastRotation = null,
    }) is not null;

    public async Task<RotationResult> RotateAsync(SiteKey key, RotationRequest request)
    {
        RotationResult result = new RotationResult.NoSuchSite();
        await UpdateAsync(key, site =>
        {
            (result, Site? changed) = SiteRotation.Decide(site, request, UnixSeconds.Now(clock));
            return changed ?? site;
        });
        return result;
    }

    private async Task<Site?> UpdateAsync(SiteKey key, Func<Site, Site> change)
    {
        Site? site = await store.UpdateAsync(key, known => known is null or { IsDeleted: true } ? null : change(known));
        if (site is not null) directory.Publish(site);
        return site;
    }
}
