using CaptchaCluster.Sites;

namespace CaptchaCluster.Grains.Sites;

[GrainType("captchacluster.site")]
internal sealed class SiteGrain(ISiteStore store) : Grain, ISiteGrain
{
    public async Task<SiteReply> ReplaceAsync(long expectedVersion, SiteRecord site)
    {
        Site changed = site.ToSite();
        if (changed.Key.ToString() != this.GetPrimaryKeyString()) throw new ArgumentException($"The site is {changed.Key}, and this is {this.GetPrimaryKeyString()}.", nameof(site));
        try
        {
            Site? made = await store.UpdateAsync(changed.Key, known => (known?.Version ?? 0) == expectedVersion ? changed : null);
            return made is null
                ? new SiteReply { Change = SiteChange.Stale }
                : new SiteReply { Change = SiteChange.Made, Site = SiteRecord.Of(made) };
        }
        catch (Exception exception) // whatever it was: the old version or the new may be found (I5)
        {
            return new SiteReply { Change = SiteChange.Unknown, Problem = exception.Message };
        }
    }
}
