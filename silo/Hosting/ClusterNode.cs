using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Keys;
using CaptchaCluster.Gateway.Management;
using CaptchaCluster.Redemption;
using CaptchaCluster.Silo.Admin;
using CaptchaCluster.Silo.Redemption;
using CaptchaCluster.Silo.Settings;
using CaptchaCluster.Silo.Sites;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.Audit;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Silo.Hosting;

/// <summary>What stands behind the listeners of a gateway in a cluster: the way to its shards and sites, and no database.</summary>
internal sealed class ClusterNode : INode
{
    private readonly IMember member;
    private LedgerWatch? ledger;
    private ClusterSiteFeed? feed;

    private ClusterNode(NodeStart start, IMember member)
    {
        this.member = member;
        Codec = new TokenCodec(start.Settings.Tokens.Keys!, start.Settings.TokenLimits, start.Clock);
        AdminKey = start.Settings.Gateway.AdminKey!;
    }

    public IRedeemer Redeemer { get; private set; } = null!;

    public SiteRegistry Sites { get; private set; } = null!;

    public FreshSites? FreshSites { get; private set; }

    public IAuditLog AuditLog { get; private set; } = null!;

    public TokenCodec Codec { get; }

    public KeyRotation? Keys => null;

    public ManagementTokens ManagementTokens { get; private set; } = null!;

    public string AdminKey { get; }

    public string? AdminKeyPath => null;

    public string? DataDirectoryPath => null;

    public bool IsAdminKeyReplaced => false;

    public bool IsNew => false;

    /// <exception cref="StartupException">The cluster cannot be joined.</exception>
    public static async Task<INode> OpenAsync(ClusterSettings settings, NodeStart start)
    {
        ClusterNode? node = null;
        try
        {
            IMember member = settings.HasSilo ? await SiloMember.StartAsync(settings, start) : await ClientMember.StartAsync(settings, start);
            node = new ClusterNode(start, member);
            await node.ConnectAsync(start);
            return node;
        }
        catch (Exception exception)
        {
            if (node is not null) await node.DisposeAsync();
            if (exception is StartupException) throw;
            throw new StartupException($"The cluster '{settings.Id}' does not answer: {exception.Message}", exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (feed is not null) await feed.DisposeAsync();
        if (ledger is not null) await ledger.DisposeAsync();
        await member.DisposeAsync();
    }

    private async Task ConnectAsync(NodeStart start)
    {
        AnySilo silos = new(member.Client);
        ledger = await LedgerWatch.StartAsync(silos, start.Clock, start.Loggers.CreateLogger<LedgerWatch>());
        ShardCallLog log = new(start.Meter, start.Loggers.CreateLogger<ShardCallLog>(), start.Clock);
        ClusterRedeemer redeemer = new(member.Client, ledger, log, new ShardLinkOptions(), start.Clock);
        start.Meter.CreateObservableGauge("captchacluster.shard.queued", () => redeemer.Queued, "{request}", "Requests of this gateway that no shard has answered.");
        Redeemer = redeemer;

        AuditLog = new ClusterAuditLog(silos, start.Settings.Gateway.NodeName);
        ManagementTokens = new ManagementTokens(new ClusterManagementTokens(silos), start.Clock);

        SiteDirectory directory = new([]);
        ClusterSiteSource source = new(silos);
        FreshSites = new FreshSites(source, directory);
        feed = await ClusterSiteFeed.StartAsync(source, FreshSites);
        Sites = new SiteRegistry(directory, new ClusterSiteStore(member.Client, source), start.Clock, FreshSites);
    }
}
