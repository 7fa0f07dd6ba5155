using CaptchaCluster.Sites;

namespace CaptchaCluster.Grains.Sites;

/// <summary>Knows up to which version there are sites, and lets whoever waits for a higher one go on.</summary>
public sealed class SiteChanges(ISiteSource source, TimeProvider clock)
{
    private readonly Lock gate = new();
    private long latest;
    private TaskCompletionSource changed = NewSource();

    /// <summary>Looks into the store.</summary>
    public async Task LookAsync()
    {
        IReadOnlyList<Site> sites = await source.ReadAfterAsync(Volatile.Read(ref latest));
        if (sites.Count == 0) return;
        TaskCompletionSource ended;
        lock (gate)
        {
            latest = Math.Max(latest, sites.Max(site => site.Version));
            (ended, changed) = (changed, NewSource());
        }

        ended.SetResult();
    }

    public async Task WaitAsync(long version, TimeSpan patience)
    {
        Task change;
        lock (gate)
        {
            if (latest > version) return;
            change = changed.Task;
        }

        await change.WaitAsync(patience, clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
