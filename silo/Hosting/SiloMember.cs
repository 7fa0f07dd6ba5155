using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Grains.Redemption;
using CaptchaCluster.Redemption;
using CaptchaCluster.Silo.Backends;
using CaptchaCluster.Silo.Clustering;
using CaptchaCluster.Silo.Placement;
using CaptchaCluster.Silo.Settings;
using CaptchaCluster.Storage.Audit;
using CaptchaCluster.Storage.Postgres;
using Orleans.Configuration;

namespace CaptchaCluster.Silo.Hosting;

/// <summary>A silo: what it records in, with its shards' hosts, and the grains that lead there.</summary>
internal sealed class SiloMember : IMember
{
    private readonly ISiloBackend backend;
    private IHost? host;

    private SiloMember(ISiloBackend backend) => this.backend = backend;

    public IClusterClient Client => host!.Services.GetRequiredService<IClusterClient>();

    public IRedeemer Redeemer => backend.Redeemer;

    /// <summary>Of all silos and gateways.</summary>
    public IAuditLog AuditLog => backend.AuditLog;

    /// <exception cref="StartupException">What it records in cannot be used, the cluster has another count of shards, or it cannot be joined.</exception>
    public static async Task<SiloMember> StartAsync(ClusterSettings settings, NodeStart start)
    {
        SiloMember? silo = null;
        try
        {
            SiloPorts.RequireFree(settings);
            silo = new SiloMember(await OpenBackendAsync(settings, start));
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
            await backend.DisposeAsync();
        }
    }

    private static async Task<ISiloBackend> OpenBackendAsync(ClusterSettings settings, NodeStart start) =>
        start.Settings.Store.IsShared ? await PostgresSiloBackend.OpenAsync(settings, start) : await FileSiloBackend.OpenAsync(settings, start);

    private async Task JoinAsync(ClusterSettings settings, NodeStart start)
    {
        ClusterMembership membership = await ClusterMembership.PrepareAsync(settings);
        HostApplicationBuilder builder = OrleansHost.CreateBuilder(start.Loggers);
        builder.UseOrleans(silo =>
        {
            membership.Configure(silo);
            silo.Configure<SiloMessagingOptions>(OrleansHost.Configure);
            silo.Services.AddSingleton(start.Clock);
            silo.Services.AddSingleton(new SiloLedger(backend.Redeemer, backend.Shards));
            silo.Services.AddSingleton(backend.SiteChanges);
            silo.Services.AddSingleton(backend.SiteStore);
            silo.Services.AddSingleton(backend.SiteSource);
            silo.Services.AddSingleton(backend.AuditLog);
            silo.Services.AddSingleton(backend.ManagementTokens);
            silo.Services.AddSingleton<ShardHomes>();
            silo.Services.AddSingleton<IShardHomes>(services => services.GetRequiredService<ShardHomes>());
            silo.Services.AddPlacementDirector<ShardPlacement, ShardPlacementDirector>();
        });
        host = builder.Build();
        await host.StartAsync();
    }
}
