using CaptchaCluster.Grains.Sites;
using CaptchaCluster.Redemption;
using CaptchaCluster.Silo.Redemption;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Silo.Sites;

/// <summary>Sites as the store has them now, read by whichever silo is asked.</summary>
internal sealed class ClusterSiteSource(AnySilo silos) : ISiteSource
{
    public async ValueTask<IReadOnlyList<Site>> ReadAsync(IReadOnlyCollection<SiteKey> keys)
    {
        byte[] packed = new byte[keys.Count * SiteKey.Size];
        int written = 0;
        foreach (SiteKey key in keys) key.Write(packed.AsSpan(written++ * SiteKey.Size));
        return (await ReadAsync(grain => grain.ReadAsync(packed)).ConfigureAwait(false)).Sites;
    }

    public ValueTask<SitePage> ReadAfterAsync(long version) => ReadAsync(grain => grain.ReadAfterAsync(version));

    /// <summary>Returns when there are sites of a higher version, or after a second.</summary>
    /// <exception cref="UnknownOutcomeException">No silo answers.</exception>
    public async Task WaitForChangeAsync(long version)
    {
        try
        {
            await silos.AskAsync<ISiteReaderGrain, bool>(async grain =>
            {
                await grain.WaitForChangeAsync(version).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            throw new UnknownOutcomeException($"No silo answers: {exception.Message}", exception);
        }
    }

    private async ValueTask<SitePage> ReadAsync(Func<ISiteReaderGrain, Task<SiteList>> call)
    {
        try
        {
            SiteList list = await silos.AskAsync(call).ConfigureAwait(false);
            return list.Sites is { } sites
                ? new SitePage([.. sites.Select(site => site.ToSite())], IsLast: !list.HasMore || sites.Length == 0)
                : throw new UnknownOutcomeException(list.Problem ?? "The sites could not be read.");
        }
        catch (Exception exception) when (exception is not UnknownOutcomeException)
        {
            throw new UnknownOutcomeException($"The sites could not be read: {exception.Message}", exception);
        }
    }
}
