using CaptchaCluster.Gateway.Keys;
using CaptchaCluster.Gateway.Management;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.Audit;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>What stands behind the listeners of a gateway. Disposing it answers what was accepted first.</summary>
internal interface INode : IAsyncDisposable
{
    IRedeemer Redeemer { get; }

    SiteRegistry Sites { get; }

    /// <summary>How to see what other nodes changed; null where there are none.</summary>
    FreshSites? FreshSites { get; }

    IAuditLog AuditLog { get; }

    TokenCodec Codec { get; }

    /// <summary>Null where the ring was configured.</summary>
    KeyRotation? Keys { get; }

    ManagementTokens ManagementTokens { get; }

    string AdminKey { get; }

    /// <summary>Null where the admin key was configured.</summary>
    string? AdminKeyPath { get; }

    /// <summary>Absolute; null where nothing is kept on this machine.</summary>
    string? DataDirectoryPath { get; }

    /// <summary>This start made another admin key, with sites already there.</summary>
    bool IsAdminKeyReplaced { get; }

    /// <summary>There never was a site here, not even a deleted one, and a demonstration disturbs nobody.</summary>
    bool IsNew { get; }
}
