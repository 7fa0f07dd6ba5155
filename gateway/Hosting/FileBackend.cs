using System.Diagnostics.Metrics;
using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.File;
using CaptchaCluster.Storage.File.Audit;
using CaptchaCluster.Storage.File.Backup;
using CaptchaCluster.Storage.File.Ledger;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>
/// What a process has in the data directory that it alone owns: the ledger with its shard's host, the sites, the audit log
/// and the management tokens. Disposing it answers what was accepted first, and leaves the directory to the next process.
/// </summary>
internal sealed partial class FileBackend : IAsyncDisposable
{
    private readonly DataDirectory directory;
    private readonly NodeStart start;
    private RestoredFolder? backup;
    private FileRedemptionStore? ledger;
    private ShardHost? shardHost;

    private FileBackend(DataDirectory directory, NodeStart start) => (this.directory, this.start) = (directory, start);

    public string Root => directory.Root;

    public SiteDirectory Sites { get; private set; } = null!;

    public OwnedSites OwnedSites { get; private set; } = null!;

    public FileAuditLog AuditLog { get; private set; } = null!;

    public ManagementTokenFile ManagementTokens { get; private set; } = null!;

    /// <summary>There never was a site here, not even a deleted one.</summary>
    public bool IsNew { get; private set; }

    /// <summary>Once the ledger is open.</summary>
    public IRedeemer Redeemer => shardHost!;

    /// <summary>Everything but the ledger.</summary>
    /// <param name="start">Of the process.</param>
    /// <param name="node">What the process is called in an audit log that others write in too; null: nobody does.</param>
    /// <exception cref="Exception">See <see cref="RefusalOf"/>; nothing is left open.</exception>
    public static async Task<FileBackend> OpenAsync(NodeStart start, string? node = null)
    {
        FileBackend backend = new(DataDirectory.Open(start.Settings.Gateway.DataDirectory), start);
        try
        {
            backend.backup = RestoredFolder.Open(backend.Root, start.Restored);
            AtomicFile.RemoveLeftovers(backend.Root);
            backend.OpenAuditLog(node);
            await backend.OpenSitesAsync();
            backend.ManagementTokens = ManagementTokenFile.Open(backend.Root, start.Restored);
            return backend;
        }
        catch
        {
            await backend.DisposeAsync();
            throw;
        }
    }

    /// <summary>To be called once all else that a start may be refused for is open: from then on a backup is a data directory like any other.</summary>
    /// <exception cref="Exception">See <see cref="RefusalOf"/>.</exception>
    public void OpenLedger()
    {
        (NodeSettings settings, bool restored, Meter meter, TimeProvider clock, ILoggerFactory loggers) = start;
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
        shardHost = new ShardHost(ledger, shard, Sites, clock, hostOptions, metrics);
        metrics.Follow((shardHost, shard));
        backup?.Release();
    }

    public PinnedLedger PinLedger() => ledger!.Pin();

    public async ValueTask DisposeAsync()
    {
        if (shardHost is not null) await shardHost.DisposeAsync();
        ledger?.Dispose();
        OwnedSites?.Dispose();
        AuditLog?.Dispose();
        directory.Dispose();
    }

    /// <summary>What the operator is told where a file of the directory cannot be used; null for what is no failure of that.</summary>
    public static StartupException? RefusalOf(Exception exception, string dataDirectory) => exception switch
    {
        DataDirectoryException or InvalidDataException => new StartupException(exception.Message, exception),
        IOException or UnauthorizedAccessException => new StartupException($"The data directory '{dataDirectory}' cannot be used: {exception.Message}", exception),
        _ => null,
    };

    private void OpenAuditLog(string? node)
    {
        ILogger logger = start.Loggers.CreateLogger<FileAuditLog>();
        AuditLog = FileAuditLog.Open(Root, new FileAuditLogOptions { Node = node }, notice => Log.Notice(logger, notice));
    }

    private async Task OpenSitesAsync()
    {
        FileSiteStore store = new(directory.Sites);
        IReadOnlyList<Site> known = await store.LoadAsync(CancellationToken.None);
        Sites = new SiteDirectory(known);
        OwnedSites = new OwnedSites(Sites, store);
        IsNew = known.Count == 0;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Notice}")]
        public static partial void Notice(ILogger logger, string notice);
    }
}
