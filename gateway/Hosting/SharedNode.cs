using CaptchaCluster.Gateway.Keys;
using CaptchaCluster.Gateway.Management;
using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.Audit;
using CaptchaCluster.Storage.File;
using CaptchaCluster.Storage.Postgres;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>
/// One of any number of gateways over one database (<c>Store:Kind=postgres</c>). What they share is in there and in the
/// settings; its data directory is its own, and nothing in there is missed by another start.
/// </summary>
internal sealed class SharedNode : INode
{
    private readonly NodeSettings settings;
    private readonly DataDirectory directory;
    private PostgresBackend? backend;
    private PostgresSiteFeed? feed;

    private SharedNode(NodeSettings settings, DataDirectory directory) => (this.settings, this.directory) = (settings, directory);

    public IRedeemer Redeemer => backend!.Redeemer;

    public SiteRegistry Sites { get; private set; } = null!;

    public FreshSites? FreshSites { get; private set; }

    public IAuditLog AuditLog { get; private set; } = null!;

    public TokenCodec Codec { get; private set; } = null!;

    public KeyRotation? Keys => null;

    public ManagementTokens ManagementTokens { get; private set; } = null!;

    public string AdminKey => settings.Gateway.AdminKey!;

    public string? AdminKeyPath => null;

    public string? DataDirectoryPath => directory.Root;

    public bool IsAdminKeyReplaced => false;

    public bool IsNew => false;

    /// <exception cref="StartupException">A setting is missing, or the database or the directory cannot be used.</exception>
    public static async Task<SharedNode> OpenAsync(NodeStart start)
    {
        (NodeSettings settings, TimeProvider clock) = (start.Settings, start.Clock);
        SharedNode? node = null;
        try
        {
            node = new SharedNode(settings, DataDirectory.Open(settings.Gateway.DataDirectory));
            node.Codec = new TokenCodec(settings.Tokens.Keys!, settings.TokenLimits, clock);
            node.backend = await PostgresBackend.OpenAsync(PostgresBackend.OptionsOf(settings, start.Restored), start.Meter, clock, start.Loggers);
            node.AuditLog = new PostgresAuditLog(node.backend.Database, settings.Gateway.NodeName);
            node.ManagementTokens = new ManagementTokens(await PostgresManagementTokens.OpenAsync(node.backend.Database), clock);
            await node.OpenSitesAsync(clock);
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
        if (feed is not null) await feed.DisposeAsync();
        if (backend is not null) await backend.DisposeAsync();
        directory.Dispose();
    }

    private async Task OpenSitesAsync(TimeProvider clock)
    {
        SiteDirectory sites = new([]);
        FreshSites = new FreshSites(backend!.Sites, sites);
        feed = await PostgresSiteFeed.StartAsync(backend.Database, FreshSites.RefreshAllAsync);
        Sites = new SiteRegistry(sites, backend.Sites, clock, FreshSites);
    }
}
