using CaptchaCluster.Grains.Sites;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.Audit;
using CaptchaCluster.Storage.Management;

namespace CaptchaCluster.Silo.Backends;

/// <summary>What a silo lends its grains: the ledger, and whatever else of the cluster is durable. Disposing it answers what was accepted first.</summary>
internal interface ISiloBackend : IAsyncDisposable
{
    IRedeemer Redeemer { get; }

    /// <summary>Into how many the cluster cuts the tokens.</summary>
    ShardCount Shards { get; }

    ISiteStore SiteStore { get; }

    ISiteSource SiteSource { get; }

    /// <summary>Hears of every change of a site, whoever made it.</summary>
    SiteChanges SiteChanges { get; }

    IAuditLog AuditLog { get; }

    IManagementTokenStore ManagementTokens { get; }
}
