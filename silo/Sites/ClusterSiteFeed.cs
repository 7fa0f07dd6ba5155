using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Silo.Sites;

/// <summary>Brings to this gateway what was changed anywhere, as soon as a silo hears of it. Nothing that must not fail leans on it.</summary>
internal sealed class ClusterSiteFeed : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly ClusterSiteSource source;
    private readonly FreshSites sites;
    private readonly CancellationTokenSource stopping = new();
    private readonly Task following;

    private ClusterSiteFeed(ClusterSiteSource source, FreshSites sites)
    {
        (this.source, this.sites) = (source, sites);
        following = FollowAsync();
    }

    /// <summary>Returns once the directory holds every site there is.</summary>
    /// <exception cref="UnknownOutcomeException">They could not be read.</exception>
    public static async Task<ClusterSiteFeed> StartAsync(ClusterSiteSource source, FreshSites sites)
    {
        await sites.RefreshAllAsync();
        return new ClusterSiteFeed(source, sites);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await following;
        stopping.Dispose();
    }

    private async Task FollowAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await source.WaitForChangeAsync(sites.ScannedVersion).WaitAsync(stopping.Token).ConfigureAwait(false);
                await sites.RefreshAllAsync().WaitAsync(stopping.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is UnknownOutcomeException or OperationCanceledException)
            {
                await Task.Delay(Pause, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
