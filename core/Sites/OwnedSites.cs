namespace CaptchaCluster.Sites;

/// <summary>
/// Sites that this process alone changes: one at a time, decided by what memory holds. Until a site was saved again whose
/// save failed, even a change that changes nothing is written: the disk may hold another version than memory, and an answer
/// may rest on neither alone (I8).
/// </summary>
/// <param name="directory">Knows every site; what was saved is published there before the next change is decided.</param>
/// <param name="writer">Where they are durable.</param>
public sealed class OwnedSites(SiteDirectory directory, ISiteWriter writer) : ISiteStore, IDisposable
{
    private readonly SemaphoreSlim oneAtATime = new(1, 1);

    // Sites whose last save failed, with the version it tried to write.
    private readonly Dictionary<SiteKey, long> unsettled = [];

    public async ValueTask<Site?> UpdateAsync(SiteKey key, Func<Site?, Site?> change)
    {
        await oneAtATime.WaitAsync();
        try
        {
            Site? known = directory.TryGet(key, out Site site) ? site : null;
            if (change(known) is not { } changed) return null;
            if (unsettled.TryGetValue(key, out long attempted)) changed = changed with { Version = attempted + 1 };
            if (!ReferenceEquals(changed, known)) await SaveAsync(changed);
            return changed;
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    public void Dispose() => oneAtATime.Dispose();

    // Not cancellable: an administrator who hangs up must not leave a rotation half done.
    private async Task SaveAsync(Site site)
    {
        try
        {
            await writer.SaveAsync(site, CancellationToken.None);
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
