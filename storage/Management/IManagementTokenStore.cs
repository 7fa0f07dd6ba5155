namespace CaptchaCluster.Storage.Management;

/// <summary>
/// Where management tokens are durable. A start with <c>--restored</c> empties it: an older copy would bring back what was
/// revoked since. Any exception of a change means unknown: what was before or what was wanted may be found afterwards.
/// </summary>
public interface IManagementTokenStore
{
    /// <summary>All of them, as of a moment after the call began.</summary>
    ValueTask<IReadOnlyList<ManagementToken>> ReadAsync();

    /// <summary>False where there are <paramref name="maxCount"/> already.</summary>
    ValueTask<bool> TryAddAsync(ManagementToken token, int maxCount);

    /// <summary>False where there is none of this id.</summary>
    ValueTask<bool> RemoveAsync(string id);
}
