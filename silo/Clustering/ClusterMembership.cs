using System.Net;
using CaptchaCluster.Silo.Settings;
using Orleans.Configuration;
using Orleans.Messaging;
using StackExchange.Redis;

namespace CaptchaCluster.Silo.Clustering;

/// <summary>How silos and gateways find their cluster. What it needs in a database is made here, before anybody asks for it.</summary>
internal sealed class ClusterMembership
{
    private const string ServiceId = "captchacluster";

    private readonly ClusterSettings settings;
    private string? database;
    private ConfigurationOptions? redis;

    private ClusterMembership(ClusterSettings settings) => this.settings = settings;

    /// <exception cref="Storage.Postgres.DatabaseException">The database, or the Redis, cannot be used; the message says why.</exception>
    public static async Task<ClusterMembership> PrepareAsync(ClusterSettings settings)
    {
        ClusterMembership membership = new(settings);
        if (settings.Clustering == Settings.Clustering.AdoNet) membership.database = await OrleansMembershipSchema.EnsureAsync(settings.ConnectionString!);
        if (settings.Clustering == Settings.Clustering.Redis) membership.redis = await RedisMembership.EnsureAsync(settings.ConnectionString!);
        return membership;
    }

    public void Configure(ISiloBuilder silo)
    {
        silo.Configure<ClusterOptions>(Name);
        silo.Configure<ClusterMembershipOptions>(MembershipTiming.Apply);
        switch (settings.Clustering)
        {
            case Settings.Clustering.Localhost:
                silo.UseLocalhostClustering(
                    settings.SiloPort, settings.GatewayPort, new IPEndPoint(IPAddress.Loopback, ClusterSettings.PrimaryPort), ServiceId, settings.Id);
                return;
            case Settings.Clustering.AdoNet:
                silo.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (OrleansMembershipSchema.Invariant, database!));
                break;
            case Settings.Clustering.Redis:
                silo.UseRedisClustering(options => options.ConfigurationOptions = redis!);
                break;
            case Settings.Clustering.Single:
                silo.Services.AddSingleton<IMembershipTable, SoleMembership>();
                silo.Configure<EndpointOptions>(EndpointsOfSole);
                return;
        }

        // The address at which others reach it need not be the machine's own, but where it is loopback, nobody else has any business there.
        if (settings.AdvertisedAddress is { } address)
            silo.ConfigureEndpoints(address, settings.SiloPort, settings.GatewayPort, listenOnAnyHostAddress: !IPAddress.IsLoopback(address));
        else
            silo.ConfigureEndpoints(settings.SiloPort, settings.GatewayPort, listenOnAnyHostAddress: true);
    }

    public void Configure(IClientBuilder client)
    {
        client.Configure<ClusterOptions>(Name);
        client.Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = MembershipTiming.Refresh);
        switch (settings.Clustering)
        {
            case Settings.Clustering.Localhost:
                client.UseLocalhostClustering(settings.GatewayPort, ServiceId, settings.Id);
                break;
            case Settings.Clustering.AdoNet:
                client.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (OrleansMembershipSchema.Invariant, database!));
                break;
            case Settings.Clustering.Redis:
                client.UseRedisClustering(options => options.ConfigurationOptions = redis!);
                break;
            case Settings.Clustering.Single:
                client.Services.AddSingleton<IGatewayListProvider>(new SoleGateway(settings.SiloAddress!, Dns.GetHostAddressesAsync));
                break;
        }
    }

    // Whoever calls himself otherwise is refused at connecting: so a silo that is alone, and one that is not, never speak.
    private void Name(ClusterOptions options) =>
        (options.ClusterId, options.ServiceId) = (settings.Clustering == Settings.Clustering.Single ? $"single/{settings.Id}" : settings.Id, ServiceId);

    // Nobody has any business at the port for silos, which cannot do without one.
    private void EndpointsOfSole(EndpointOptions options)
    {
        (options.AdvertisedIPAddress, options.SiloPort, options.GatewayPort) = (IPAddress.Loopback, settings.SiloPort, settings.GatewayPort);
        options.SiloListeningEndpoint = new IPEndPoint(IPAddress.Loopback, settings.SiloPort);
        bool isLocal = settings.AdvertisedAddress is { } address && IPAddress.IsLoopback(address);
        options.GatewayListeningEndpoint = new IPEndPoint(isLocal ? IPAddress.Loopback : IPAddress.Any, settings.GatewayPort);
    }
}
