using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Grains.Redemption;
using CaptchaCluster.Grains.Sites;
using CaptchaCluster.Redemption;
using CaptchaCluster.Silo.Clustering;
using CaptchaCluster.Silo.Placement;
using CaptchaCluster.Silo.Settings;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.Audit;
using CaptchaCluster.Storage.Management;
using CaptchaCluster.Storage.Postgres;
using Orleans.Configuration;

namespace CaptchaCluster.Silo.Hosting;

/// <summary>A silo: the database with its shards' hosts, and the grains that lead to them.</summary>
internal sealed class SiloMember : IMember
{
    private readonly PostgresBackend backend;
    private PostgresSiteFeed? feed;
    private IHost? host;

    private SiloMember(PostgresBackend backend) => this.backend = backend;

    public IClusterClient Client => host!.Services.GetRequiredService<IClusterClient>();

    public IRedeemer Redeemer => backend.Redeemer;

    /// <summary>Of all silos and gateways.</summary>
    public IAuditLog AuditLog { get; private set; } = null!;

    /// <exception cref="StartupException">The database cannot be used, the cluster has another count of shards, or it cannot be joined.</exception>
    public static async Task<SiloMember> StartAsync(ClusterSettings settings, NodeStart start)
    {
        SiloMember? silo = null;
        try
        {
            silo = new SiloMember(await PostgresBackend.OpenAsync(
                PostgresBackend.OptionsOf(start.Settings, start.Restored), start.Meter, start.Clock, start.Loggers));
            await silo.JoinAsync(settings, start);
            return silo;
        }
        catch (Exception exception)
        {
            if (silo is not null) await silo.DisposeAsync();
            if (exception is DatabaseException) throw new StartupException(exception.Message, exception);
            if (exception is StartupException) throw;
            throw new StartupException($"The silo cannot join the cluster '{settings.Id}': {exception.GetBaseException().Message}", exception);
        }
    }

    /// <summary>Leaves the cluster first: what comes to shards meanwhile goes to other silos. Then what is accepted is answered.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (host is not null) await host.StopAsync();
        }
        finally
        {
            host?.Dispose();
            if (feed is not null) await feed.DisposeAsync();
            await backend.DisposeAsync();
        }
    }

    private async Task JoinAsync(ClusterSettings settings, NodeStart start)
    {
        SiloPorts.RequireFree(settings);
        SiloLedger ledger = new(backend.Redeemer, await ClaimShardsAsync(settings.Shards));
        SiteChanges changes = new(start.Clock);
        feed = await PostgresSiteFeed.StartAsync(backend.Database, async () => changes.Learn(await backend.Sites.ReadLatestVersionAsync()));
        AuditLog = new PostgresAuditLog(backend.Database, $"{Environment.MachineName}:{settings.SiloPort}");
        PostgresManagementTokens managementTokens = await PostgresManagementTokens.OpenAsync(backend.Database);
        ClusterMembership membership = await ClusterMembership.PrepareAsync(settings);

        HostApplicationBuilder builder = OrleansHost.CreateBuilder(start.Loggers);
        builder.UseOrleans(silo =>
        {
            membership.Configure(silo);
            silo.Configure<SiloMessagingOptions>(OrleansHost.Configure);
            silo.Services.AddSingleton(start.Clock);
            silo.Services.AddSingleton(ledger);
            silo.Services.AddSingleton(changes);
            silo.Services.AddSingleton<ISiteStore>(backend.Sites);
            silo.Services.AddSingleton<ISiteSource>(backend.Sites);
            silo.Services.AddSingleton(AuditLog);
            silo.Services.AddSingleton<IManagementTokenStore>(managementTokens);
            silo.Services.AddSingleton<ShardHomes>();
            silo.Services.AddSingleton<IShardHomes>(services => services.GetRequiredService<ShardHomes>());
            silo.Services.AddPlacementDirector<ShardPlacement, ShardPlacementDirector>();
        });
        host = builder.Build();
        await host.StartAsync();
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
