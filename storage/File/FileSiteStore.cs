using CaptchaCluster.Sites;

namespace CaptchaCluster.Storage.File;

public sealed class FileSiteStore(string directory) : ISiteStore
{
    public ValueTask<IReadOnlyList<Site>> LoadAsync(CancellationToken cancellation) => new([]);

    public ValueTask SaveAsync(Site site, CancellationToken cancellation) => default;

    public string Directory => directory;
}
