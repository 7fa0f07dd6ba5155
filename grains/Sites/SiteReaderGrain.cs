using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using Orleans.Concurrency;

namespace CaptchaCluster.Grains.Sites;

/// <summary>One on each silo, so that no unknown sitekey ever makes an activation.</summary>
[StatelessWorker(1), Reentrant, GrainType("captchacluster.sitereader")]
internal sealed class SiteReaderGrain(ISiteSource source, SiteChanges changes) : Grain, ISiteReaderGrain
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    public Task<SiteList> ReadAsync(byte[] keys) => ListAsync(async () =>
        new SitePage(await source.ReadAsync([.. keys.Chunk(SiteKey.Size).Select(key => SiteKey.Read(key))]), IsLast: true));

    public Task<SiteList> ReadAfterAsync(long version) => ListAsync(() => source.ReadAfterAsync(version));

    public Task WaitForChangeAsync(long version) => changes.WaitAsync(version, LongestWait);

    private static async Task<SiteList> ListAsync(Func<ValueTask<SitePage>> read)
    {
        try
        {
            SitePage page = await read();
            return new SiteList { Sites = [.. page.Sites.Select(SiteRecord.Of)], HasMore = !page.IsLast };
        }
        catch (UnknownOutcomeException exception)
        {
            return new SiteList { Problem = exception.Message };
        }
    }
}
