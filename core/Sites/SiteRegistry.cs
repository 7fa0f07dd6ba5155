namespace CaptchaCluster.Sites;

/// <summary>
/// Serialises every change to sites: decide, persist, publish, reply, in that order. A change that could not be made
/// durable throws what the store threw and is not published; it may be found after a restart, as any operation that was
/// never acknowledged. Until that site was saved again, even a change that changes nothing is written: the disk may hold
/// another version than memory, and an answer may rest on neither alone (I8).
/// </summary>
public sealed class SiteRegistry(SiteDirectory directory, ISiteStore store, TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim oneAtATime = new(1, 1);

    // Sites whose last save failed, with the version it tried to write.
    private readonly Dictionary<SiteKey, long> unsettled = [];

    public SiteDirectory Directory => directory;

    public async Task<(Site Site, string Secret)> CreateAsync(SitePolicy policy)
    {
        SiteKey key = SiteKey.New();
        string secret = SiteSecret.New(key);
        Site site = new()
        {
            Key = key,
            Version = 1,
            Policy = policy,
            Generation = Generation.First,
            SecretHash = [.. SiteSecret.Hash(secret)],
            CreatedAt = UnixSeconds.Now(clock),
        };
        await oneAtATime.WaitAsync();
        try
        {
            await PersistAndPublishAsync(site);
            return (site, secret);
        }
        finally
        {
            oneAtATime.Release();
        }
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

    public void Dispose() => oneAtATime.Dispose();

    private async Task<Site?> UpdateAsync(SiteKey key, Func<Site, Site> change)
    {
        await oneAtATime.WaitAsync();
        try
        {
            if (!directory.TryGet(key, out Site site) || site.IsDeleted) return null;
            Site changed = change(site);
            if (unsettled.TryGetValue(key, out long attempted)) changed = changed with { Version = attempted + 1 };
            if (!ReferenceEquals(changed, site)) await PersistAndPublishAsync(changed);
            return changed;
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    // Not cancellable: an administrator who hangs up must not leave a rotation half done.
    private async Task PersistAndPublishAsync(Site site)
    {
        try
        {
            await store.SaveAsync(site, CancellationToken.None);
        }
        catch
        {
            unsettled[site.Key] = site.Version;
            throw;
        }

        unsettled.Remove(site.Key);
        directory.Publish(site);
    }
}
