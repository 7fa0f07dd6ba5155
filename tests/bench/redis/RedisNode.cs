using CaptchaCluster.Bench.Redis.Connection;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Keys;
using CaptchaCluster.Gateway.Management;
using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.Audit;
using CaptchaCluster.Storage.File;
using CaptchaCluster.Storage.File.Audit;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Bench.Redis;

/// <summary>The embedded node with Redis for a ledger: its sites and keys are in a data directory, which must have them.</summary>
internal sealed class RedisNode : INode
{
    private readonly NodeSettings settings;
    private readonly DataDirectory directory;
    private readonly RedisConnection redis;
    private readonly OwnedSites ownedSites;
    private readonly FileAuditLog auditLog;

    private RedisNode(NodeStart start, DataDirectory directory, IReadOnlyList<Site> known, FileSiteStore siteStore, RedisConnection redis)
    {
        (settings, this.directory, this.redis) = (start.Settings, directory, redis);
        Redeemer = new RedisRedeemer(redis, settings.Redemption.MaxClockSkewSeconds, start.Clock);
        SiteDirectory sites = new(known);
        ownedSites = new OwnedSites(sites, siteStore);
        Sites = new SiteRegistry(sites, ownedSites, start.Clock);
        auditLog = FileAuditLog.Open(directory.Root, new FileAuditLogOptions(), Console.Error.WriteLine);
        RotatingKeys keys = new KeyRingFile(directory.Root).LoadOrCreate(mayCreate: false, UnixSeconds.Now(start.Clock));
        Codec = new TokenCodec(keys.Ring, settings.TokenLimits, start.Clock);
        ManagementTokens = new ManagementTokens(ManagementTokenFile.Open(directory.Root, start.Restored), start.Clock);
    }

    public IRedeemer Redeemer { get; }

    public SiteRegistry Sites { get; }

    public FreshSites? FreshSites => null;

    public IAuditLog AuditLog => auditLog;

    public TokenCodec Codec { get; }

    public KeyRotation? Keys => null;

    public ManagementTokens ManagementTokens { get; }

    public string AdminKey => settings.Gateway.AdminKey!;

    public string? AdminKeyPath => null;

    public string? DataDirectoryPath => directory.Root;

    public bool IsAdminKeyReplaced => false;

    public bool IsNew => false;

    /// <summary>Where it fails the process ends, and with it what was opened.</summary>
    public static async Task<INode> OpenAsync(string socket, NodeStart start)
    {
        DataDirectory directory = DataDirectory.Open(start.Settings.Gateway.DataDirectory);
        FileSiteStore siteStore = new(directory.Sites);
        return new RedisNode(start, directory, await siteStore.LoadAsync(CancellationToken.None), siteStore, await RedisConnection.OpenAsync(socket));
    }

    public async ValueTask DisposeAsync()
    {
        await redis.DisposeAsync();
        auditLog.Dispose();
        ownedSites.Dispose();
        directory.Dispose();
    }
}
