using CaptchaCluster.Grains.Sites;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Silo.Sites;

/// <summary>
/// Changes sites through their grains: decides here, on what the store has now, and lets the grain make it if nobody was
/// first; else decides again. So a secret never leaves the gateway that made it, but for the one reply that tells it.
/// </summary>
internal sealed class ClusterSiteStore(IGrainFactory grains, ClusterSiteSource source) : ISiteStore
{
    public async ValueTask<Site?> UpdateAsync(SiteKey key, Func<Site?, Site?> change)
    {
        while (true)
        {
            Site? known = (await source.ReadAsync([key]).ConfigureAwait(false)).FirstOrDefault();
            if (change(known) is not { } changed) return null;
            if (ReferenceEquals(changed, known)) return known;
            SiteReply reply = await ReplaceAsync(known?.Version ?? 0, changed).ConfigureAwait(false);
            if (reply.Change == SiteChange.Made) return reply.Site!.ToSite();
            if (reply.Change != SiteChange.Stale) throw new UnknownOutcomeException(reply.Problem ?? "The silo did not confirm the change of a site.");
        }
    }

    private async Task<SiteReply> ReplaceAsync(long expectedVersion, Site site)
    {
        try
        {
            return await grains.GetGrain<ISiteGrain>(site.Key.ToString()).ReplaceAsync(expectedVersion, SiteRecord.Of(site)).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            throw new UnknownOutcomeException($"The cluster did not confirm the change of a site: {exception.Message}", exception);
        }
    }
}
