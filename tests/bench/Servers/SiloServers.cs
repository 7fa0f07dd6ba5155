using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace CaptchaCluster.Bench.Servers;

/// <summary>The silos of one cluster, each a process: over a database, which they do not own, or one over a directory.</summary>
internal sealed class SiloServers : IAsyncDisposable
{
    private readonly List<DotnetServer> servers = [];

    private SiloServers(params (string, string)[] membership) => Membership = membership;

    /// <summary>By which processes find the cluster.</summary>
    public IReadOnlyList<(string Name, string Value)> Membership { get; }

    public IReadOnlyList<DotnetServer> Servers => servers;

    /// <param name="count">Of silos.</param>
    /// <param name="database">Over which.</param>
    /// <param name="cluster">Its name, used once in a database: what is left of a cluster of that name would be waited for.</param>
    /// <param name="cancelled">Ends the wait.</param>
    public static async Task<SiloServers> StartAsync(int count, PostgresServer database, string cluster, CancellationToken cancelled)
    {
        SiloServers silos = new(("Cluster__Id", cluster), ("Cluster__ConnectionString", database.ConnectionString));
        try
        {
            // One after the other: on a busy machine those that start at once may take each other for dead.
            foreach ((int own, int forGateways) in FreePorts(count))
                await silos.StartAsync(own, forGateways, cancelled, [.. silos.Membership, ("Store__Kind", "postgres"), ("Store__ConnectionString", database.ConnectionString)]);
            return silos;
        }
        catch
        {
            await silos.DisposeAsync();
            throw;
        }
    }

    /// <summary>One that keeps all itself.</summary>
    /// <param name="dataDirectory">Its own.</param>
    /// <param name="cancelled">Ends the wait.</param>
    public static async Task<SiloServers> StartSoleAsync(string dataDirectory, CancellationToken cancelled)
    {
        (int own, int forGateways) = FreePorts(1)[0];
        (string, string) single = ("Cluster__Clustering", "single");
        SiloServers silos = new(single, ("Cluster__SiloAddress", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{forGateways}")));
        try
        {
            await silos.StartAsync(own, forGateways, cancelled, [single, ("Gateway__DataDirectory", dataDirectory)]);
            return silos;
        }
        catch
        {
            await silos.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (DotnetServer server in servers) await server.DisposeAsync();
    }

    private async Task StartAsync(int port, int gatewayPort, CancellationToken cancelled, (string Name, string Value)[] environment)
    {
        servers.Add(DotnetServer.Start(
            ClusterProgram.Path,
            ["--Cluster:HealthListen=http://127.0.0.1:0"],
            [
                ("Cluster__Role", "silo"), ("Cluster__AdvertisedAddress", "127.0.0.1"),
                ("Cluster__SiloPort", port.ToString(CultureInfo.InvariantCulture)), ("Cluster__GatewayPort", gatewayPort.ToString(CultureInfo.InvariantCulture)),
                .. environment,
            ]));
        await servers[^1].LineAsync(line => line.StartsWith("  health ", StringComparison.Ordinal), cancelled);
    }

    private static (int, int)[] FreePorts(int pairs)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, pairs * 2).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        foreach (TcpListener listener in listeners) listener.Start();
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        foreach (TcpListener listener in listeners) listener.Dispose();
        return [.. ports.Chunk(2).Select(pair => (pair[0], pair[1]))];
    }
}
