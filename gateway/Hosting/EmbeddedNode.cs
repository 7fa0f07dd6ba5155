using System.Diagnostics.Metrics;
using CaptchaCluster.Gateway.Keys;
using CaptchaCluster.Gateway.Management;
using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.Audit;
using CaptchaCluster.Storage.File;
using CaptchaCluster.Storage.File.Audit;
using CaptchaCluster.Storage.File.Backup;
using CaptchaCluster.Storage.File.Ledger;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>Everything of a single node that stands behind its listeners, over the data directory it owns (<c>Store:Kind=file</c>).</summary>
internal sealed partial class EmbeddedNode : INode
{
    private readonly DataDirectory directory;
    private FileRedemptionStore ledger = null!;
    private OwnedSites ownedSites = null!;
    private ShardHost shardHost = null!;

    private EmbeddedNode(DataDirectory directory) => this.directory = directory;

    public IRedeemer Redeemer => shardHost;

    public string DataRoot => directory.Root;

    public SiteRegistry Sites { get; private set; } = null!;

    public FileAuditLog AuditLog { get; private set; } = null!;

    IAuditLog INode.AuditLog => AuditLog;

    public TokenCodec Codec { get; private set; } = null!;

    public FreshSites? FreshSites => null;

    public KeyRotation? Keys { get; private set; }

    public ManagementTokens ManagementTokens { get; private set; } = null!;

    public string AdminKey { get; private set; } = null!;

    public string? AdminKeyPath { get; private set; }

    public string? DataDirectoryPath => directory.Root;

    public bool IsAdminKeyReplaced { get; private set; }

    public bool IsNew { get; private set; }

    /// <exception cref="StartupException">The directory, a file in it or a store cannot be used.</exception>
    public static async Task<EmbeddedNode> OpenAsync(NodeStart start)
    {
        (NodeSettings settings, bool restored, Meter meter, TimeProvider clock, ILoggerFactory loggers) = start;
        EmbeddedNode? node = null;
        try
        {
            node = new EmbeddedNode(DataDirectory.Open(settings.Gateway.DataDirectory));
            RestoredFolder? backup = RestoredFolder.Open(node.directory.Root, restored);
            AtomicFile.RemoveLeftovers(node.directory.Root);
            node.OpenAuditLog(loggers);
            await node.OpenSitesAsync(clock);
            node.OpenKeys(settings, restored, clock);
            node.ManagementTokens = new ManagementTokens(ManagementTokenFile.Open(node.directory.Root, restored), clock);
            node.OpenLedger(settings, restored, meter, clock, loggers);
            backup?.Release();
            return node;
        }
        catch (Exception exception)
        {
            if (node is not null) await node.DisposeAsync();
            if (exception is DataDirectoryException or InvalidDataException) throw new StartupException(exception.Message, exception);
            if (exception is IOException or UnauthorizedAccessException)
                throw new StartupException($"The data directory '{settings.Gateway.DataDirectory}' cannot be used: {exception.Message}", exception);
            throw;
        }
    }

    public PinnedLedger PinLedger() => ledger.Pin();

    /// <summary>Answers what was accepted, then closes the ledger, then leaves the directory to the next process.</summary>
    public async ValueTask DisposeAsync()
    {
        if (shardHost is not null) await shardHost.DisposeAsync();
        ledger?.Dispose();
        ownedSites?.Dispose();
        AuditLog?.Dispose();
        directory.Dispose();
    }

    private void OpenAuditLog(ILoggerFactory loggers)
    {
        ILogger logger = loggers.CreateLogger<FileAuditLog>();
        AuditLog = FileAuditLog.Open(directory.Root, new FileAuditLogOptions(), notice => Log.Notice(logger, notice));
    }

    // Before the keys: whether there are sites decides whether keys may be made.
    private async Task OpenSitesAsync(TimeProvider clock)
    {
        FileSiteStore siteStore = new(directory.Sites);
        IReadOnlyList<Site> known = await siteStore.LoadAsync(CancellationToken.None);
        SiteDirectory sites = new(known);
        ownedSites = new OwnedSites(sites, siteStore);
        Sites = new SiteRegistry(sites, ownedSites, clock);
        IsNew = known.Count == 0;
    }

    private void OpenKeys(NodeSettings settings, bool restored, TimeProvider clock)
    {
        OpenKeyRing(settings, restored, clock);
        if (settings.Gateway.AdminKey is { } configured)
        {
            AdminKey = configured;
            return;
        }

        (AdminKey, bool isNewKey) = AdminKeyFile.LoadOrCreate(directory.Root);
        AdminKeyPath = Path.Combine(directory.Root, AdminKeyFile.Name);
        IsAdminKeyReplaced = isNewKey && !IsNew;
    }

    private void OpenKeyRing(NodeSettings settings, bool restored, TimeProvider clock)
    {
        if (settings.Tokens.Keys is { } ring)
        {
            Codec = new TokenCodec(ring, settings.TokenLimits, clock);
            return;
        }

        // A restored start refuses the tokens issued so far in any case; their keys are not missed.
        KeyRingFile file = new(directory.Root);
        RotatingKeys keys = file.LoadOrCreate(mayCreate: IsNew || restored, UnixSeconds.Now(clock));
        Codec = new TokenCodec(keys.Ring, settings.TokenLimits, clock);
        Keys = new KeyRotation(keys, file, Codec, clock);
    }

    private void OpenLedger(NodeSettings settings, bool restored, Meter meter, TimeProvider clock, ILoggerFactory loggers)
    {
        RedemptionShard shard = new();
        FileRedemptionStoreOptions options = new()
        {
            MaxTtlSeconds = settings.Tokens.MaxTtlSeconds,
            MaxClockSkewSeconds = settings.Redemption.MaxClockSkewSeconds,
            MustExist = !IsNew, // a site is made only once the ledger is open
            Restored = restored,
        };
        ILogger logger = loggers.CreateLogger<FileRedemptionStore>();
        ledger = FileRedemptionStore.Open(
            directory.Ledger, shard, options, UnixSeconds.Now(clock), notice => Log.Notice(logger, notice), new LedgerMetrics(meter, clock));

        ShardHostOptions hostOptions = new() { MaxClockSkewSeconds = settings.Redemption.MaxClockSkewSeconds };
        RedemptionMetrics metrics = new(meter, new ShardLog(loggers.CreateLogger<ShardLog>(), clock));
        shardHost = new ShardHost(ledger, shard, Sites.Directory, clock, hostOptions, metrics);
        metrics.Follow((shardHost, shard));
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Notice}")]
        public static partial void Notice(ILogger logger, string notice);
    }
}
