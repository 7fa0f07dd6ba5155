using CaptchaCluster.Tokens;

namespace CaptchaCluster.Redemption;

/// <summary>Into how many shards a cluster cuts the tokens: 1…<see cref="Most"/>. A token is always the same shard's.</summary>
public readonly record struct ShardCount
{
    public const int Most = 1024;

    public ShardCount(int value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Most);
        Value = value;
    }

    public int Value { get; }

    // Bits that neither the tables of a shard nor ShardedRedeemer tell tokens apart by: within one shard theirs stay random.
    public int ShardOf(TokenId token) => (int)((token.High >> 32 & 0x7FFF_FFFF) % (ulong)Value);
}
