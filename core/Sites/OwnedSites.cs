using CaptchaCluster.Redemption;

namespace CaptchaCluster.Sites;

/// <summary>
/// Sites that this process alone changes: one at a time, decided by what memory holds. Until a site was saved again whose
/// save failed, even a change that changes nothing is written, and so is a look: the disk may hold another version than
/// memory, and an answer may rest on neither alone (I8).
/// </summary>
public sealed class OwnedSites : ISiteStore, ISiteSource, IDisposable
{
    private readonly SiteDirectory directory;
    private readonly ISiteWriter writer;
    private readonly SemaphoreSlim oneAtATime = new(1, 1);

    // Whose last save failed.
    private readonly HashSet<SiteKey> unsettled = [];
    private long latest;

    /// <param name="directory">Knows every site; what was saved is published there before the next change is decided.</param>
    /// <param name="writer">Where they are durable.</param>
    public OwnedSites(SiteDirectory directory, ISiteWriter writer)
    {
        (this.directory, this.writer) = (directory, writer);
        latest = directory.ListAll().Select(site => site.Version).DefaultIfEmpty().Max();
    }

    /// <summary>No site has a higher one. Also one that could not be saved has had its own, which is not given again.</summary>
    public long LatestVersion => Volatile.Read(ref latest);

    public async ValueTask<Site?> UpdateAsync(SiteKey key, Func<Site?, Site?> change)
    {
        await oneAtATime.WaitAsync();
        try
        {
            Site? known = directory.TryGet(key, out Site site) ? site : null;
            if (change(known) is not { } changed) return null;
            return ReferenceEquals(changed, known) && !unsettled.Contains(key) ? known : await SaveAsync(changed);
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    public async ValueTask<IReadOnlyList<Site>> ReadAsync(IReadOnlyCollection<SiteKey> keys)
    {
        List<Site> sites = [];
        foreach (SiteKey key in keys)
        {
            if (await SettleAsync(key) is { } site) sites.Add(site);
        }

        return sites;
    }

    public ValueTask<SitePage> ReadAfterAsync(long version)
    {
        Site[] later = [.. directory.ListAll().Where(site => site.Version > version).OrderBy(site => site.Version).Take(SitePage.MaxSites + 1)];
        return new(later.Length > SitePage.MaxSites ? new SitePage(later[..^1], IsLast: false) : new SitePage(later, IsLast: true));
    }

    /// <summary>
    /// Saves every site as a newer version, each of its own, so that others who ask for what is new are told all of it. Needed where versions
    /// may be met again that were given to something else, or where several sites have one.
    /// </summary>
    /// <param name="floor">All are higher than it.</param>
    public async Task RenumberAsync(long floor)
    {
        await oneAtATime.WaitAsync();
        try
        {
            Volatile.Write(ref latest, Math.Max(latest, floor));
            foreach (Site site in directory.ListAll().OrderBy(site => site.Version).ThenBy(site => site.CreatedAt)) await SaveAsync(site);
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    public void Dispose() => oneAtATime.Dispose();

    private async Task<Site?> SettleAsync(SiteKey key)
    {
        try
        {
            return await UpdateAsync(key, known => known);
        }
        catch (Exception exception)
        {
            throw new UnknownOutcomeException($"What a site is cannot be established since a change of it failed: {exception.Message}", exception);
        }
    }

    // Not cancellable: an administrator who hangs up must not leave a rotation half done.
    private async Task<Site> SaveAsync(Site changed)
    {
        Site site = changed with { Version = latest + 1 };
        Volatile.Write(ref latest, site.Version);
        unsettled.Add(site.Key);
        await writer.SaveAsync(site, CancellationToken.None);
        unsettled.Remove(site.Key);
        directory.Publish(site);
        return site;
    }
}
