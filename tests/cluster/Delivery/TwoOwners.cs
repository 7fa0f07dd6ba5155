using System.Diagnostics.Metrics;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Redemption;
using CaptchaCluster.Silo.Hosting;
using CaptchaCluster.Silo.Settings;
using CaptchaCluster.Sites;
using CaptchaCluster.Tests.Processes;
using CaptchaCluster.Tests.Processes.Postgres;
using CaptchaCluster.Tokens;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace CaptchaCluster.Tests.Cluster.Delivery;

/// <summary>
/// Two silos in this process that know nothing of each other, over one ledger: two owners of every shard. Their grains, hosts
/// and connections are the product's; what is between a gateway and them is the test's to spoil.
/// </summary>
internal sealed class TwoOwners : IAsyncDisposable
{
    private readonly PostgresServer server;
    private readonly string schema;
    private readonly Meter meter = new(nameof(TwoOwners));
    private readonly List<SiloMember> silos = [];

    private TwoOwners(PostgresServer server, string schema) => (this.server, this.schema) = (server, schema);

    public IReadOnlyList<IClusterClient> Clients => [.. silos.Select(silo => silo.Client)];

    public Meter Meter => meter;

    public static async Task<TwoOwners> StartAsync(PostgresServer server)
    {
        TwoOwners owners = new(server, await server.NewSchemaAsync());
        try
        {
            for (int i = 1; i <= 2; i++) owners.silos.Add(await owners.StartSiloAsync($"owner-{i}"));
            return owners;
        }
        catch
        {
            await owners.DisposeAsync();
            throw;
        }
    }

    /// <summary>Tokens of a site of their own that nobody knows yet, each asked for by an attempt of its own.</summary>
    public async Task<RedemptionRequest[]> AskAsync(int count)
    {
        SiteKey site = SiteKey.New();
        await ExecuteAsync($"INSERT INTO site VALUES ('{IdOf(site.Write)}', (SELECT coalesce(max(version), 0) + 1 FROM site), true, 1, NULL, NULL, '{"{}"}')");
        return [.. Enumerable.Range(0, count).Select(_ => new RedemptionRequest(
            TokenId.New(), UnixSeconds.Now(TimeProvider.System) + 600, site, Generation.First, AttemptKey.New()))];
    }

    /// <summary>At once: the generation before is not valid any more.</summary>
    public Task RotateAsync(SiteKey site) => ExecuteAsync($"UPDATE site SET gen = gen + 1 WHERE id = '{IdOf(site.Write)}'");

    /// <summary>What the ledger has recorded of a token; null where that is nothing.</summary>
    public async Task<AttemptKey?> WinnerOfAsync(TokenId token)
    {
        await using NpgsqlConnection connection = await server.OpenAsync(schema);
        await using NpgsqlCommand command = new($"SELECT attempt FROM redemption WHERE id = '{IdOf(token.Write)}'", connection);
        return await command.ExecuteScalarAsync() is Guid attempt ? AttemptKey.Read(attempt.ToByteArray(bigEndian: true)) : null;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (SiloMember silo in silos) await silo.DisposeAsync();
        meter.Dispose();
    }

    private Task<SiloMember> StartSiloAsync(string cluster)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Cluster:Role"] = "silo",
            ["Cluster:Id"] = cluster,
            ["Cluster:AdvertisedAddress"] = "127.0.0.1",
            ["Cluster:SiloPort"] = $"{FreePort.Next()}",
            ["Cluster:GatewayPort"] = $"{FreePort.Next()}",
            ["Store:Kind"] = "postgres",
            ["Store:ConnectionString"] = server.ConnectionString(schema),
        }).Build();
        NodeSettings settings = NodeSettings.ReadOfMember(configuration, "/");
        NodeStart start = new(settings, Restored: false, meter, TimeProvider.System, NullLoggerFactory.Instance);
        return SiloMember.StartAsync(ClusterSettings.Read(configuration, settings), start);
    }

    // As the ledger names it.
    private static Guid IdOf(WriteBytes write)
    {
        byte[] bytes = new byte[TokenId.Size];
        write(bytes);
        return new Guid(bytes, bigEndian: true);
    }

    private delegate void WriteBytes(Span<byte> destination);

    private Task ExecuteAsync(string text) => server.ExecuteAsync($"SET search_path = {schema}; {text}");
}
