namespace CaptchaCluster.Grains.Sites;

/// <summary>Knows up to which version there are sites, and lets whoever waits for a higher one go on.</summary>
public sealed class SiteChanges(TimeProvider clock)
{
    private readonly Lock gate = new();
    private long latest;
    private TaskCompletionSource changed = NewSource();

    /// <param name="version">Of the latest, as the store has it.</param>
    public void Learn(long version)
    {
        TaskCompletionSource ended;
        lock (gate)
        {
            if (version <= latest) return;
            latest = version;
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
