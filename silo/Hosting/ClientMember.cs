using System.Diagnostics;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Silo.Clustering;
using CaptchaCluster.Silo.Settings;
using CaptchaCluster.Storage.Postgres;
using Orleans.Configuration;

namespace CaptchaCluster.Silo.Hosting;

/// <summary>A gateway that is no silo: a client of those there are.</summary>
internal sealed class ClientMember : IMember
{
    // Gateways may be started before the first silo.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly IHost host;

    private ClientMember(IHost host) => this.host = host;

    public IClusterClient Client => host.Services.GetRequiredService<IClusterClient>();

    /// <exception cref="StartupException">No silo is found.</exception>
    public static async Task<ClientMember> StartAsync(ClusterSettings settings, NodeStart start)
    {
        IHost? host = null;
        try
        {
            ClusterMembership membership = await ClusterMembership.PrepareAsync(settings);
            HostApplicationBuilder builder = OrleansHost.CreateBuilder(start.Loggers);
            long began = Stopwatch.GetTimestamp();
            builder.UseOrleansClient(client =>
            {
                membership.Configure(client);
                client.Configure<ClientMessagingOptions>(OrleansHost.Configure);
                client.UseConnectionRetryFilter(async (_, cancellation) =>
                {
                    await Task.Delay(MembershipTiming.Refresh, start.Clock, cancellation);
                    return Stopwatch.GetElapsedTime(began) < Patience;
                });
            });
            host = builder.Build();
            await host.StartAsync();
            return new ClientMember(host);
        }
        catch (Exception exception)
        {
            host?.Dispose();
            if (exception is DatabaseException) throw new StartupException(exception.Message, exception);
            string where = settings.SiloAddress is { } address
                ? $"of which Cluster:SiloAddress, '{address.Host}:{address.Port}', is the address and the Cluster:GatewayPort, with the same Cluster:Id and Cluster:Clustering"
                : "with the same Cluster:Id, Cluster:Clustering and Cluster:ConnectionString";
            throw new StartupException($"No silo of the cluster '{settings.Id}' answers ({exception.GetBaseException().Message}). Start a silo {where}.", exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }
}
