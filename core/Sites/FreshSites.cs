using CaptchaCluster.Redemption;

namespace CaptchaCluster.Sites;

/// <summary>
/// Reads sites that the directory does not know, or not well enough to refuse, from the store that all nodes share. One read
/// is under way at a time; whoever asks meanwhile joins the next, together with all others, so that what he is told was so
/// after he had asked (I8), and unknown secrets cost the store one query, however many there are (I10).
/// </summary>
public sealed class FreshSites(ISiteSource source, SiteDirectory directory)
{
    /// <summary>Different sites in one read; more are turned away.</summary>
    public const int MaxKeys = 1_000;

    /// <summary>Who may wait for one read; more are turned away.</summary>
    public const int MaxWaiting = 10_000;

    private readonly Lock gate = new();
    private Waiters next = new();
    private bool isReading;

    // Not what the directory has seen: a version that came another way says nothing of those below it.
    private long scanned;

    /// <summary>Every site up to this version was read, in the order of versions.</summary>
    public long ScannedVersion => Volatile.Read(ref scanned);

    /// <summary>Brings the directory up to date for one site. False where that could not be done: then nothing may be refused on its ground.</summary>
    public Task<bool> RefreshAsync(SiteKey key)
    {
        Waiters joined;
        lock (gate)
        {
            if (next.Count >= MaxWaiting || (next.Keys.Count >= MaxKeys && !next.Keys.Contains(key))) return Task.FromResult(false);
            next.Keys.Add(key);
            next.Count++;
            joined = next;
            if (isReading) return joined.Task;
            isReading = true;
        }

        _ = ReadAllAsync();
        return joined.Task;
    }

    /// <summary>Brings the directory up to date for all sites.</summary>
    /// <exception cref="UnknownOutcomeException">They could not be read.</exception>
    public async Task RefreshAllAsync()
    {
        while (true)
        {
            SitePage page = await source.ReadAfterAsync(ScannedVersion);
            foreach (Site site in page.Sites) directory.Publish(site);
            if (page.Sites.Count > 0) Scanned(page.Sites[^1].Version);
            if (page.IsLast) return;
        }
    }

    private void Scanned(long version)
    {
        lock (gate) scanned = Math.Max(scanned, version);
    }

    private async Task ReadAllAsync()
    {
        while (true)
        {
            Waiters taken;
            lock (gate)
            {
                isReading = next.Count > 0;
                if (!isReading) return;
                (taken, next) = (next, new Waiters());
            }

            taken.Complete(await TryReadAsync(taken.Keys));
        }
    }

    private async Task<bool> TryReadAsync(IReadOnlyCollection<SiteKey> keys)
    {
        try
        {
            foreach (Site site in await source.ReadAsync(keys).ConfigureAwait(false)) directory.Publish(site);
            return true;
        }
        catch (Exception)
        {
            return false; // whatever it was, nobody is left waiting, and nobody refused (I9)
        }
    }

    private sealed class Waiters
    {
        // Who waits goes on by the thread pool, not on the thread that reads the next.
        private readonly TaskCompletionSource<bool> source = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public HashSet<SiteKey> Keys { get; } = [];

        public int Count { get; set; }

        public Task<bool> Task => source.Task;

        public void Complete(bool isRead) => source.SetResult(isRead);
    }
}
