using CaptchaCluster.Grains.Redemption;
using CaptchaCluster.Redemption;

namespace CaptchaCluster.Silo.Placement;

/// <summary>Shards and silos as <see cref="ShardAssignment"/> pairs them. A silo keeps its name when it starts again, and with it its shards.</summary>
internal sealed class ShardHomes(SiloLedger ledger, ISiloStatusOracle silos) : IShardHomes
{
    private volatile Assignment? known;

    public int[]? Lanes => Active() is { Length: > 0 } active ? AssignmentOf(active).Lanes : null;

    public bool IsHome(int shard)
    {
        SiloAddress[] active = Active();
        return !active.Contains(silos.SiloAddress) || HomeOf(shard, active).Equals(silos.SiloAddress);
    }

    /// <param name="shard">Its number, or that and a multiple of their count: another route to the same place.</param>
    /// <param name="active">At least one.</param>
    public SiloAddress HomeOf(int shard, IReadOnlyCollection<SiloAddress> active) => AssignmentOf(active).HomeOf(shard);

    private SiloAddress[] Active() => [.. silos.GetApproximateSiloStatuses(onlyActive: true).Keys];

    private Assignment AssignmentOf(IReadOnlyCollection<SiloAddress> active)
    {
        Assignment? assignment = known;
        if (assignment is null || !assignment.IsOf(active)) known = assignment = new Assignment(ledger.Shards, active);
        return assignment;
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
            Lanes = ShardLanes.Of(homes);
        }

        public int[] Lanes { get; }

        public bool IsOf(IReadOnlyCollection<SiloAddress> active) => active.Count == silos.Length && active.All(silos.Contains);

        public SiloAddress HomeOf(int shard) => silos[homes[shard % homes.Length]];
    }
}
