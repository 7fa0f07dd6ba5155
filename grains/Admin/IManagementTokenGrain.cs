namespace CaptchaCluster.Grains.Admin;

/// <summary>The management tokens of the cluster, as gateways have them by way of any silo. Keys mean nothing: another one may lead to another silo.</summary>
/// <remarks>Tokens do not come here, only their hashes. A change whose call failed may have been made.</remarks>
[Alias("captchacluster.IManagementTokenGrain")]
public interface IManagementTokenGrain : IGrainWithIntegerKey
{
    /// <summary>As <see cref="Storage.Management.IManagementTokenStore.ReadAsync"/>.</summary>
    [Alias("Read"), ResponseTimeout(IAuditGrain.Patience)]
    Task<ManagementTokenList> ReadAsync();

    /// <summary>As <see cref="Storage.Management.IManagementTokenStore.TryAddAsync"/>.</summary>
    [Alias("Add"), ResponseTimeout(IAuditGrain.Patience)]
    Task<ManagementTokenReply> AddAsync(ManagementTokenRecord token, int maxCount);

    /// <summary>As <see cref="Storage.Management.IManagementTokenStore.RemoveAsync"/>.</summary>
    [Alias("Remove"), ResponseTimeout(IAuditGrain.Patience)]
    Task<ManagementTokenReply> RemoveAsync(string id);
}

[GenerateSerializer, Immutable, Alias("captchacluster.ManagementTokenList")]
public sealed class ManagementTokenList
{
    /// <summary>Null: they could not be read.</summary>
    [Id(0)]
    public ManagementTokenRecord[]? Tokens { get; init; }

    /// <summary>Why; only without tokens.</summary>
    [Id(1)]
    public string? Problem { get; init; }
}

[GenerateSerializer, Immutable, Alias("captchacluster.ManagementTokenReply")]
public sealed class ManagementTokenReply
{
    /// <summary>Null: it may have been made, or not (I5).</summary>
    [Id(0)]
    public bool? IsMade { get; init; }

    /// <summary>Why nothing is known; only then.</summary>
    [Id(1)]
    public string? Problem { get; init; }
}
