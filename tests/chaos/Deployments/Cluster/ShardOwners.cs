using CaptchaCluster.Redemption;
using CaptchaCluster.Tests.Processes.Postgres;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Chaos.Deployments.Cluster;

/// <summary>
/// Which silo serves which shard, told from outside: by whose connection a token of the shard was recorded last. Watches the
/// ways of all silos to the database.
/// </summary>
internal sealed class ShardOwners(int silos)
{
    // Silos that start with a ledger cut it into so many shards.
    private static readonly ShardCount Shards = new(16);

    /// <summary>A shard that is handed over and comes back again, in good order, takes longer.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly int[] last = [.. Enumerable.Repeat(-1, Shards.Value)];
    private readonly long[,] recordedAt = new long[Shards.Value, silos];
    private readonly long[] recorded = new long[silos];
    private readonly long[] movedFrom = new long[silos];
    private readonly Dictionary<UInt128, int> recorders = [];
    private long turns;
    private long conflicts;

    /// <summary>Times that another silo recorded a token of a shard than before.</summary>
    public long Moved
    {
        get
        {
            lock (gate) return movedFrom.Sum();
        }
    }

    /// <summary>Times that a silo recorded a token of a shard between two that another recorded at about the same time: it had two owners at once.</summary>
    public long Turns
    {
        get
        {
            lock (gate) return turns;
        }
    }

    /// <summary>Tokens that a silo wanted to have recorded when another had done so: the ledger kept them apart.</summary>
    public long Conflicts
    {
        get
        {
            lock (gate) return conflicts;
        }
    }

    /// <summary>Tokens that a silo has recorded.</summary>
    public long RecordedBy(int silo)
    {
        lock (gate) return recorded[silo];
    }

    /// <summary>Times that a shard of a silo was found at another.</summary>
    public long MovedFrom(int silo)
    {
        lock (gate) return movedFrom[silo];
    }

    /// <summary>Shards that a silo serves, as far as was seen.</summary>
    public int CountOf(int silo)
    {
        lock (gate) return last.Count(owner => owner == silo);
    }

    /// <summary>For the way of one silo to the database.</summary>
    public IInsertWatch WatchOf(int silo) => new Watch(this, silo);

    private void NoteSent(int silo, IReadOnlyCollection<UInt128> ids)
    {
        lock (gate) conflicts += ids.Count(id => recorders.TryGetValue(id, out int recorder) && recorder != silo);
    }

    private void NoteRecorded(int silo, IReadOnlyCollection<UInt128> ids)
    {
        long now = TimeProvider.System.GetTimestamp();
        lock (gate)
        {
            recorded[silo] += ids.Count;
            foreach (UInt128 id in ids)
            {
                recorders.TryAdd(id, silo);
                NoteOwner(Shards.ShardOf(new TokenId((ulong)(id >> 64), (ulong)id)), silo, now);
            }
        }
    }

    private void NoteOwner(int shard, int silo, long now)
    {
        if (last[shard] != silo && last[shard] >= 0)
        {
            movedFrom[last[shard]]++;
            if (recordedAt[shard, silo] > 0 && TimeProvider.System.GetElapsedTime(recordedAt[shard, silo], now) < AtOnce) turns++;
        }

        last[shard] = silo;
        recordedAt[shard, silo] = now;
    }

    private sealed class Watch(ShardOwners owners, int silo) : IInsertWatch
    {
        public void Sent(IReadOnlyCollection<UInt128> ids) => owners.NoteSent(silo, ids);

        public void Recorded(IReadOnlyCollection<UInt128> ids) => owners.NoteRecorded(silo, ids);
    }
}
