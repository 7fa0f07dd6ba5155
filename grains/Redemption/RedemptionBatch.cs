using System.Buffers.Binary;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Grains.Redemption;

/// <summary>
/// Requests for one shard, packed to <see cref="ItemSize"/> bytes each: token id 16, expiry 8, site 16, generation 4, attempt
/// key 16, big-endian. What is to be added later gets a member of its own, which older nodes pass over.
/// </summary>
[GenerateSerializer, Immutable, Alias("captchacluster.RedemptionBatch")]
public sealed class RedemptionBatch
{
    public const int ItemSize = TokenId.Size + sizeof(long) + SiteKey.Size + sizeof(int) + AttemptKey.Size;

    /// <summary>By which the sender chose the shard.</summary>
    [Id(0)]
    public required int Shards { get; init; }

    [Id(1)]
    public required byte[] Items { get; init; }

    public static RedemptionBatch Of(ShardCount shards, IReadOnlyList<RedemptionRequest> requests)
    {
        byte[] items = new byte[requests.Count * ItemSize];
        for (int i = 0; i < requests.Count; i++) Write(requests[i], items.AsSpan(i * ItemSize));
        return new RedemptionBatch { Shards = shards.Value, Items = items };
    }

    public RedemptionRequest[] Read()
    {
        RedemptionRequest[] requests = new RedemptionRequest[Packed.Count(Items, ItemSize)];
        for (int i = 0; i < requests.Length; i++) requests[i] = Read(Items.AsSpan(i * ItemSize));
        return requests;
    }

    private static void Write(in RedemptionRequest request, Span<byte> item)
    {
        request.Token.Write(item);
        BinaryPrimitives.WriteInt64BigEndian(item[16..], request.ExpiresAt.Value);
        request.Site.Write(item[24..]);
        BinaryPrimitives.WriteInt32BigEndian(item[40..], request.Generation.Value);
        request.Attempt.Write(item[44..]);
    }

    private static RedemptionRequest Read(ReadOnlySpan<byte> item) => new(
        TokenId.Read(item),
        new UnixSeconds(BinaryPrimitives.ReadInt64BigEndian(item[16..])),
        SiteKey.Read(item[24..]),
        new Generation(BinaryPrimitives.ReadInt32BigEndian(item[40..])),
        AttemptKey.Read(item[44..]));
}
