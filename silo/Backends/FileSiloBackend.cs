using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Grains.Sites;
using CaptchaCluster.Redemption;
using CaptchaCluster.Silo.Settings;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.Audit;
using CaptchaCluster.Storage.Management;

namespace CaptchaCluster.Silo.Backends;

/// <summary>
/// The data directory of the one silo there is. Its memory is all that decides here, so no other may serve the same tokens: the lock of the
/// directory keeps processes out, and <c>Cluster:Clustering=single</c> other silos (I1).
/// </summary>
internal sealed class FileSiloBackend : ISiloBackend
{
    // Changes of sites for each second: what was numbered before a restore stays below what is numbered after.
    private const int VersionsPerSecond = 1 << 20;

    private readonly FileBackend backend;

    private FileSiloBackend(FileBackend backend, ShardCount shards, TimeProvider clock)
    {
        (this.backend, Shards, SiteChanges) = (backend, shards, new SiteChanges(clock));
        SiteStore = new AnnouncedSites(backend.OwnedSites, SiteChanges);
    }

    public IRedeemer Redeemer => backend.Redeemer;

    /// <summary>As the settings say: nobody else goes by a count of his own, and gateways ask.</summary>
    public ShardCount Shards { get; }

    public ISiteStore SiteStore { get; }

    public ISiteSource SiteSource => backend.OwnedSites;

    public SiteChanges SiteChanges { get; }

    public IAuditLog AuditLog => backend.AuditLog;

    public IManagementTokenStore ManagementTokens => backend.ManagementTokens;

    /// <exception cref="StartupException">The directory, or a file in it, cannot be used.</exception>
    public static async Task<FileSiloBackend> OpenAsync(ClusterSettings settings, NodeStart start)
    {
        FileBackend? backend = null;
        try
        {
            backend = await FileBackend.OpenAsync(start, settings.NodeName);
            FileSiloBackend silo = new(backend, new ShardCount(settings.Shards ?? ClusterSettings.DefaultShards), start.Clock);
            await silo.NumberSitesAsync(start);
            backend.OpenLedger();
            return silo;
        }
        catch (Exception exception)
        {
            if (backend is not null) await backend.DisposeAsync();
            if (FileBackend.RefusalOf(exception, start.Settings.Gateway.DataDirectory) is { } refusal) throw refusal;
            throw;
        }
    }

    public ValueTask DisposeAsync() => backend.DisposeAsync();

    /// <summary>
    /// Gateways that run on have seen versions, and ask for higher ones. A single node gave each site versions of its own, and after a restore
    /// versions would be met again: the sites that are back would be taken for older than those that are gone (I8).
    /// </summary>
    private async Task NumberSitesAsync(NodeStart start)
    {
        IReadOnlyList<Site> sites = backend.Sites.ListAll();
        if (start.Restored) await backend.OwnedSites.RenumberAsync(UnixSeconds.Now(start.Clock).Value * VersionsPerSecond);
        else if (sites.DistinctBy(site => site.Version).Count() < sites.Count) await backend.OwnedSites.RenumberAsync(floor: 0);
        SiteChanges.Learn(backend.OwnedSites.LatestVersion);
    }

    /// <summary>Tells whoever waits for changes of each that is made.</summary>
    private sealed class AnnouncedSites(OwnedSites sites, SiteChanges changes) : ISiteStore
    {
        public async ValueTask<Site?> UpdateAsync(SiteKey key, Func<Site?, Site?> change)
        {
            Site? site = await sites.UpdateAsync(key, change);
            if (site is not null) changes.Learn(site.Version);
            return site;
        }
    }
}
