using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Grains.Sites;
using CaptchaCluster.Redemption;
using CaptchaCluster.Silo.Settings;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.Audit;
using CaptchaCluster.Storage.Management;
using CaptchaCluster.Storage.Postgres;

namespace CaptchaCluster.Silo.Backends;

/// <summary>The database that all silos of a cluster share.</summary>
internal sealed class PostgresSiloBackend : ISiloBackend
{
    private readonly PostgresBackend backend;
    private PostgresSiteFeed? feed;

    private PostgresSiloBackend(PostgresBackend backend, TimeProvider clock) => (this.backend, SiteChanges) = (backend, new SiteChanges(clock));

    public IRedeemer Redeemer => backend.Redeemer;

    public ShardCount Shards { get; private set; }

    public ISiteStore SiteStore => backend.Sites;

    public ISiteSource SiteSource => backend.Sites;

    public SiteChanges SiteChanges { get; }

    public IAuditLog AuditLog { get; private set; } = null!;

    public IManagementTokenStore ManagementTokens { get; private set; } = null!;

    /// <exception cref="StartupException">The database cannot be used, or the cluster over it has another count of shards.</exception>
    public static async Task<PostgresSiloBackend> OpenAsync(ClusterSettings settings, NodeStart start)
    {
        PostgresSiloBackend? silo = null;
        try
        {
            PostgresBackend backend = await PostgresBackend.OpenAsync(PostgresBackend.OptionsOf(start.Settings, start.Restored), start.Meter, start.Clock, start.Loggers);
            silo = new PostgresSiloBackend(backend, start.Clock);
            await silo.OpenAsync(settings);
            return silo;
        }
        catch (Exception exception)
        {
            if (silo is not null) await silo.DisposeAsync();
            if (exception is DatabaseException) throw new StartupException(exception.Message, exception);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (feed is not null) await feed.DisposeAsync();
        await backend.DisposeAsync();
    }

    private async Task OpenAsync(ClusterSettings settings)
    {
        Shards = await ClaimShardsAsync(settings.Shards);
        feed = await PostgresSiteFeed.StartAsync(backend.Database, async () => SiteChanges.Learn(await backend.Sites.ReadLatestVersionAsync()));
        AuditLog = new PostgresAuditLog(backend.Database, settings.NodeName);
        ManagementTokens = await PostgresManagementTokens.OpenAsync(backend.Database);
    }

    private async Task<ShardCount> ClaimShardsAsync(int? wanted)
    {
        int actual = await PostgresShardCount.ClaimAsync(backend.Database, wanted ?? ClusterSettings.DefaultShards);
        return wanted is null || wanted == actual
            ? new ShardCount(actual)
            : throw new StartupException(
                $"Cluster:Shards is '{wanted}'; allowed is {actual}, with which the cluster over this database was started, or nothing. docs/cluster.md tells how to change it.");
    }
}
