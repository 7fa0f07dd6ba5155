using System.Diagnostics.Metrics;
using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Redemption;
using CaptchaCluster.Storage.Postgres;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>
/// What a process that records redemptions has of the database: two connections that commit, each with a shard and its host
/// before it, the upkeep, and the sites. Disposing it answers what was accepted first.
/// </summary>
internal sealed partial class PostgresBackend : IAsyncDisposable
{
    private readonly ShardHost?[] hosts = new ShardHost?[2];
    private readonly PostgresRedemptionStore?[] stores = new PostgresRedemptionStore?[2];
    private PostgresLedger? ledger;

    private PostgresBackend(PostgresDatabase database) => (Database, Sites) = (database, new PostgresSiteStore(database));

    public PostgresDatabase Database { get; }

    public PostgresSiteStore Sites { get; }

    public IRedeemer Redeemer { get; private set; } = null!;

    public static PostgresOptions OptionsOf(NodeSettings settings, bool restored) => new()
    {
        ConnectionString = settings.Store.ConnectionString!,
        MaxTtlSeconds = settings.Tokens.MaxTtlSeconds,
        MaxClockSkewSeconds = settings.Redemption.MaxClockSkewSeconds,
        Restored = restored,
        AllowVolatileServer = settings.Store.AllowVolatileServer,
    };

    /// <exception cref="DatabaseException">It cannot be used; the message says why.</exception>
    public static async Task<PostgresBackend> OpenAsync(PostgresOptions options, Meter meter, TimeProvider clock, ILoggerFactory loggers)
    {
        PostgresBackend backend = new(await PostgresDatabase.OpenAsync(options));
        try
        {
            ILogger logger = loggers.CreateLogger<PostgresLedger>();
            backend.ledger = await PostgresLedger.OpenAsync(backend.Database, clock, notice => Log.Notice(logger, notice));
            backend.OpenShards(options.MaxClockSkewSeconds, meter, clock, loggers);
            return backend;
        }
        catch
        {
            await backend.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ShardHost? host in hosts)
        {
            if (host is not null) await host.DisposeAsync();
        }

        foreach (PostgresRedemptionStore? store in stores) store?.Dispose();
        if (ledger is not null) await ledger.DisposeAsync();
        await Database.DisposeAsync();
    }

    private void OpenShards(int maxClockSkewSeconds, Meter meter, TimeProvider clock, ILoggerFactory loggers)
    {
        ShardHostOptions options = new() { MaxClockSkewSeconds = maxClockSkewSeconds };
        RedemptionMetrics metrics = new(meter, new SharedShardLog(loggers.CreateLogger<SharedShardLog>(), clock));
        RedemptionShard[] shards = [new(), new()];
        for (int i = 0; i < hosts.Length; i++)
        {
            PostgresRedemptionStore store = stores[i] = new PostgresRedemptionStore(ledger!, clock);
            hosts[i] = new ShardHost(store, shards[i], authority: null, clock, options, metrics);
        }

        Redeemer = new ShardedRedeemer(hosts[0]!, hosts[1]!);
        metrics.Follow((hosts[0]!, shards[0]), (hosts[1]!, shards[1]));
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Notice}")]
        public static partial void Notice(ILogger logger, string notice);
    }
}
