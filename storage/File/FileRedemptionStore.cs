using CaptchaCluster.Redemption;

namespace CaptchaCluster.Storage.File;

public sealed class FileRedemptionStore : IRedemptionStore, IDisposable
{
    public static FileRedemptionStore Open(string directory, RedemptionShard shard, FileRedemptionStoreOptions options, UnixSeconds now, Action<string> notice) =>
        throw new InvalidOperationException();

    public UnixSeconds Horizon => default;

    public UnixSeconds IssuedFloor => default;

    public bool CanCommit => true;

    public ValueTask CommitAsync(ReadOnlyMemory<RedemptionRequest> batch, Memory<CommitResult> results, UnixSeconds now) => default;

    public ValueTask PurgeAsync(UnixSeconds upTo) => default;

    public void Dispose()
    {
    }
}
