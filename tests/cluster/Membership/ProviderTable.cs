using System.Net;
using CaptchaCluster.Silo.Clustering;
using CaptchaCluster.Tests.Processes.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime.Membership;
using Orleans.Runtime.MembershipService;

namespace CaptchaCluster.Tests.Cluster.Membership;

/// <summary>Orleans' own provider over a schema of its own, without silos: what it is given, it reads and changes as a silo would.</summary>
internal sealed class ProviderTable
{
    public static readonly DateTime Start = new(2030, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private readonly PostgresServer server;

    private ProviderTable(PostgresServer server, string schema, string connectionString) =>
        (this.server, Schema, ConnectionString) = (server, schema, connectionString);

    public string Schema { get; }

    /// <summary>As the provider is given it.</summary>
    public string ConnectionString { get; }

    public static async Task<ProviderTable> CreateAsync(PostgresServer server)
    {
        string schema = await server.NewSchemaAsync();
        return new ProviderTable(server, schema, await OrleansMembershipSchema.EnsureAsync(server.ConnectionString(schema)));
    }

    /// <summary>As one silo of a cluster has it.</summary>
    public async Task<IMembershipTable> OpenAsync(string cluster = "a")
    {
        AdoNetClusteringTable table = new(
            null!,
            Options.Create(new ClusterOptions { ClusterId = cluster }),
            Options.Create(new AdoNetClusteringSiloOptions { Invariant = OrleansMembershipSchema.Invariant, ConnectionString = ConnectionString }),
            NullLogger<AdoNetClusteringTable>.Instance);
        await table.InitializeMembershipTable(tryInitTableVersion: true);
        return table;
    }

    /// <summary>What a client of the cluster sees.</summary>
    /// <param name="cluster">Its id.</param>
    /// <param name="way">As it is given it; null: as silos are.</param>
    public async Task<string[]> GatewaysAsync(string cluster = "a", string? way = null)
    {
        AdoNetGatewayListProvider provider = new(
            NullLogger<AdoNetGatewayListProvider>.Instance,
            null!,
            Options.Create(new AdoNetClusteringClientOptions { Invariant = OrleansMembershipSchema.Invariant, ConnectionString = way ?? ConnectionString }),
            Options.Create(new GatewayOptions()),
            Options.Create(new ClusterOptions { ClusterId = cluster }));
        await provider.InitializeGatewayListProvider();
        return [.. (await provider.GetGateways()).Select(uri => uri.ToString()).Order()];
    }

    /// <summary>As the administrator.</summary>
    public Task ExecuteAsync(string text) => server.ExecuteAsync($"SET search_path = {Schema}; {text}");

    public static MembershipEntry Entry(int number, SiloStatus status = SiloStatus.Joining, int gatewayPort = 30000) => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Parse($"10.0.0.{number}"), 11111, 1000 + number),
        SiloName = $"silo-{number}",
        HostName = $"host-{number}",
        Status = status,
        ProxyPort = gatewayPort,
        StartTime = Start,
        IAmAliveTime = Start.AddSeconds(30),
    };
}

internal static class MembershipTableExtensions
{
    /// <summary>As a silo that has read the table at a version.</summary>
    public static Task<bool> InsertAsync(this IMembershipTable table, MembershipEntry entry, int after) => table.InsertRow(entry, Next(after));

    public static Task<bool> UpdateAsync(this IMembershipTable table, MembershipEntry entry, int after) => table.UpdateRow(entry, "", Next(after));

    public static async Task<int> VersionAsync(this IMembershipTable table) => (await table.ReadAll()).Version.Version;

    public static async Task<MembershipEntry?> FindAsync(this IMembershipTable table, MembershipEntry entry) =>
        (await table.ReadRow(entry.SiloAddress)).Members.SingleOrDefault()?.Item1;

    private static TableVersion Next(int after) => new TableVersion(after, after.ToString(System.Globalization.CultureInfo.InvariantCulture)).Next();
}
