using System.Diagnostics.Metrics;
using CaptchaCluster.Gateway.Keys;
using CaptchaCluster.Gateway.Management;
using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.File;
using CaptchaCluster.Storage.Audit;
using CaptchaCluster.Storage.Postgres;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>
/// One of any number of gateways over one database (<c>Store:Kind=postgres</c>). What they share is in there and in the
/// settings; its data directory is its own, and nothing in there is missed by another start.
/// </summary>
internal sealed partial class SharedNode : INode
{
    private readonly NodeSettings settings;
    private readonly DataDirectory directory;
    private readonly ShardHost?[] hosts = new ShardHost?[2];
    private readonly PostgresRedemptionStore?[] stores = new PostgresRedemptionStore?[2];
    private PostgresDatabase? database;
    private PostgresLedger? ledger;
    private PostgresSiteFeed? feed;

    private SharedNode(NodeSettings settings, DataDirectory directory) => (this.settings, this.directory) = (settings, directory);

    public IRedeemer Redeemer { get; private set; } = null!;

    public SiteRegistry Sites { get; private set; } = null!;

    public FreshSites? FreshSites { get; private set; }

    public IAuditLog AuditLog { get; private set; } = null!;

    public TokenCodec Codec { get; private set; } = null!;

    public KeyRotation? Keys => null;

    public ManagementTokens ManagementTokens { get; private set; } = null!;

    public string AdminKey => settings.Gateway.AdminKey!;

    public string? AdminKeyPath => null;

    public bool IsAdminKeyReplaced => false;

    public bool IsNew => false;

    /// <exception cref="StartupException">A setting is missing, or the database or the directory cannot be used.</exception>
    public static async Task<SharedNode> OpenAsync(NodeSettings settings, bool restored, Meter meter, TimeProvider clock, ILoggerFactory loggers)
    {
        SharedNode? node = null;
        try
        {
            node = new SharedNode(settings, DataDirectory.Open(settings.Gateway.DataDirectory));
            ILogger logger = loggers.CreateLogger<SharedNode>();
            node.Codec = new TokenCodec(settings.Tokens.Keys!, settings.TokenLimits, clock);
            node.database = await PostgresDatabase.OpenAsync(new PostgresOptions
            {
                ConnectionString = settings.Store.ConnectionString!,
                MaxTtlSeconds = settings.Tokens.MaxTtlSeconds,
                MaxClockSkewSeconds = settings.Redemption.MaxClockSkewSeconds,
                Restored = restored,
                AllowVolatileServer = settings.Store.AllowVolatileServer,
            });
            node.AuditLog = new PostgresAuditLog(node.database, NameOf(settings.Gateway));
            node.ManagementTokens = new ManagementTokens(await PostgresManagementTokens.OpenAsync(node.database), clock);
            await node.OpenSitesAsync(clock);
            node.ledger = await PostgresLedger.OpenAsync(node.database, clock, notice => Log.Notice(logger, notice));
            node.OpenShards(meter, clock, loggers);
            return node;
        }
        catch (Exception exception)
        {
            if (node is not null) await node.DisposeAsync();
            if (exception is DataDirectoryException or InvalidDataException or DatabaseException) throw new StartupException(exception.Message, exception);
            if (exception is IOException or UnauthorizedAccessException)
                throw new StartupException($"The data directory '{settings.Gateway.DataDirectory}' cannot be used: {exception.Message}", exception);
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
        if (feed is not null) await feed.DisposeAsync();
        if (ledger is not null) await ledger.DisposeAsync();
        if (database is not null) await database.DisposeAsync();
        directory.Dispose();
    }

    // Of a machine or a pod, and of one of several there.
    private static string NameOf(GatewaySettings gateway) => $"{Environment.MachineName}:{gateway.Listen.Port}";

    private async Task OpenSitesAsync(TimeProvider clock)
    {
        PostgresSiteStore store = new(database!);
        SiteDirectory sites = new([]);
        FreshSites = new FreshSites(store, sites);
        feed = await PostgresSiteFeed.StartAsync(database!, FreshSites);
        Sites = new SiteRegistry(sites, store, clock, FreshSites);
    }

    private void OpenShards(Meter meter, TimeProvider clock, ILoggerFactory loggers)
    {
        ShardHostOptions options = new() { MaxClockSkewSeconds = settings.Redemption.MaxClockSkewSeconds };
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
