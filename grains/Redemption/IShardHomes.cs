namespace CaptchaCluster.Grains.Redemption;

/// <summary>Where shards belong, as this silo sees the cluster now.</summary>
public interface IShardHomes
{
    /// <summary>Whether a shard is to be served by this silo.</summary>
    bool IsHome(int shard);

    /// <summary>As <see cref="CaptchaCluster.Redemption.ShardLanes.Of"/> has them; null where nobody is there yet. Not to be written to.</summary>
    int[]? Lanes { get; }
}
