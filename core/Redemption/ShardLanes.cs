namespace CaptchaCluster.Redemption;

/// <summary>
/// Which shards' requests travel together, and by which routes: those of shards that live in one place share a lane. A batch is
/// then as large as places are few, however many shards there are, and a call costs the same for one request as for a hundred.
/// </summary>
public sealed class ShardLanes
{
    private readonly int[] lanes;
    private readonly int[] distinct;

    /// <param name="lanes">For each shard its lane: the number of a shard that lives in the same place, the same one for all of them.</param>
    public ShardLanes(int[] lanes)
    {
        this.lanes = lanes;
        distinct = [.. lanes.Distinct()];
    }

    /// <summary>Each shard in a lane of its own.</summary>
    public static ShardLanes Apart(ShardCount shards) => new([.. Enumerable.Range(0, shards.Value)]);

    /// <summary>The first shard of each place is the lane of all that live there.</summary>
    /// <param name="homes">Where each shard lives.</param>
    public static int[] Of(IReadOnlyList<int> homes)
    {
        Dictionary<int, int> first = [];
        for (int shard = 0; shard < homes.Count; shard++) first.TryAdd(homes[shard], shard);
        return [.. homes.Select(home => first[home])];
    }

    public int LaneOf(int shard) => lanes[shard];

    /// <summary>
    /// The address that a lane's requests are sent to by a route. Every other route leads to another place: the lane's own may be
    /// what cannot be reached. Addresses that are equal modulo the count of shards are in one place, and as unlike as any others.
    /// </summary>
    public int AddressOf(int lane, int route)
    {
        int round = route / 2;
        int place = Array.IndexOf(distinct, lane);
        int others = distinct.Length - 1;
        if (route % 2 == 0 || others == 0 || place < 0) return lane + (route * lanes.Length);
        return distinct[(place + 1 + (round % others)) % distinct.Length] + (round / others * lanes.Length);
    }
}
