namespace CaptchaCluster.Redemption;

/// <summary>
/// Which shards' requests travel together: those of shards that live in one place. A batch is then as large as places are few,
/// however many shards there are, and a call costs the same for one request as for a hundred.
/// </summary>
public static class ShardLanes
{
    /// <summary>Each shard in a lane of its own.</summary>
    public static int[] Apart(ShardCount shards) => [.. Enumerable.Range(0, shards.Value)];

    /// <summary>For each shard the one whose owner gets its requests: the first that lives in the same place.</summary>
    /// <param name="homes">Where each shard lives.</param>
    public static int[] Of(IReadOnlyList<int> homes)
    {
        Dictionary<int, int> first = [];
        for (int shard = 0; shard < homes.Count; shard++) first.TryAdd(homes[shard], shard);
        return [.. homes.Select(home => first[home])];
    }
}
