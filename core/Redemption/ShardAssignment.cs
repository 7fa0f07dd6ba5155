using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace CaptchaCluster.Redemption;

/// <summary>
/// Which owner each shard belongs to: the one that ranks highest for it (rendezvous hashing) of those that have room. None has
/// more than its share, and where one goes or comes few shards of the others move. The same everywhere for the same owners.
/// </summary>
public static class ShardAssignment
{
    /// <summary>The owner of every shard, by its index in <paramref name="owners"/>.</summary>
    /// <param name="shards">How many.</param>
    /// <param name="owners">Their names, at least one, no name twice; the order does not matter.</param>
    public static int[] Assign(ShardCount shards, IReadOnlyList<string> owners)
    {
        int share = (shards.Value + owners.Count - 1) / owners.Count;
        int[] room = new int[owners.Count];
        Array.Fill(room, share);
        int[] assigned = new int[shards.Value];
        for (int shard = 0; shard < assigned.Length; shard++)
        {
            int highest = Enumerable.Range(0, owners.Count).Where(i => room[i] > 0).MaxBy(i => Rank(shard, owners[i]));
            assigned[shard] = highest;
            room[highest]--;
        }

        return assigned;
    }

    private static ulong Rank(int shard, string owner)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{shard} {owner}"), hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }
}
