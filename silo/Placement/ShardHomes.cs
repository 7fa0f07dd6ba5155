using CaptchaCluster.Grains.Redemption;
using CaptchaCluster.Redemption;

namespace CaptchaCluster.Silo.Placement;

/// <summary>Shards and silos as <see cref="ShardAssignment"/> pairs them. A silo keeps its name when it starts again, and with it its shards.</summary>
internal sealed class ShardHomes(SiloLedger ledger, ISiloStatusOracle silos) : IShardHomes
{
    private volatile Assignment? known;

    public bool IsHome(int shard)
    {
        SiloAddress[] active = [.. silos.GetApproximateSiloStatuses(onlyActive: true).Keys];
        return !active.Contains(silos.SiloAddress) || HomeOf(shard, active).Equals(silos.SiloAddress);
    }

    /// <param name="shard">Its number; one that the cluster does not have belongs anywhere.</param>
    /// <param name="active">At least one.</param>
    public SiloAddress HomeOf(int shard, IReadOnlyCollection<SiloAddress> active)
    {
        Assignment? assignment = known;
        if (assignment is null || !assignment.IsOf(active)) known = assignment = new Assignment(ledger.Shards, active);
        return assignment.HomeOf(shard);
    }

    private sealed class Assignment
    {
        private readonly SiloAddress[] silos;
        private readonly int[] homes;

        public Assignment(ShardCount shards, IReadOnlyCollection<SiloAddress> active)
        {
            // Of two starts of one silo the later is the one that is there.
            silos = [.. active.GroupBy(silo => silo.Endpoint).Select(starts => starts.MaxBy(silo => silo.Generation)!)];
            homes = ShardAssignment.Assign(shards, [.. silos.Select(silo => silo.Endpoint.ToString())]);
        }

        public bool IsOf(IReadOnlyCollection<SiloAddress> active) => active.Count == silos.Length && active.All(silos.Contains);

        public SiloAddress HomeOf(int shard) => silos[homes[shard % homes.Length]];
    }
}
