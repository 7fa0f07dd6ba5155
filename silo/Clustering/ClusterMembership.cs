using System.Net;
using CaptchaCluster.Silo.Settings;
using Orleans.Configuration;

namespace CaptchaCluster.Silo.Clustering;

/// <summary>How silos and gateways find their cluster. What it needs in a database is made here, before anybody asks for it.</summary>
/// <param name="settings">Of this process.</param>
/// <param name="connectionString">As the provider is to use it; null with localhost.</param>
internal sealed class ClusterMembership(ClusterSettings settings, string? connectionString)
{
    private const string ServiceId = "captchacluster";

    /// <exception cref="Storage.Postgres.DatabaseException">The database cannot be used; the message says why.</exception>
    public static async Task<ClusterMembership> PrepareAsync(ClusterSettings settings) => new(
        settings,
        settings.Clustering == Settings.Clustering.AdoNet ? await OrleansMembershipSchema.EnsureAsync(settings.ConnectionString!) : settings.ConnectionString);

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
                silo.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (OrleansMembershipSchema.Invariant, connectionString!));
                break;
            case Settings.Clustering.Redis:
                silo.UseRedisClustering(connectionString!);
                break;
        }

        if (settings.AdvertisedAddress is { } address) silo.ConfigureEndpoints(address, settings.SiloPort, settings.GatewayPort, listenOnAnyHostAddress: true);
        else silo.ConfigureEndpoints(settings.SiloPort, settings.GatewayPort, listenOnAnyHostAddress: true);
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
                client.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (OrleansMembershipSchema.Invariant, connectionString!));
                break;
            case Settings.Clustering.Redis:
                client.UseRedisClustering(connectionString!);
                break;
        }
    }

    private void Name(ClusterOptions options) => (options.ClusterId, options.ServiceId) = (settings.Id, ServiceId);
}
