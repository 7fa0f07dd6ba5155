using System.Buffers.Binary;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Grains.Redemption;

/// <summary>Looks at tokens of one shard, packed to <see cref="ItemSize"/> bytes each: token id 16, expiry 8, asker's site 16, its generation 4.</summary>
[GenerateSerializer, Immutable, Alias("captchacluster.PeekBatch")]
public sealed class PeekBatch
{
    public const int ItemSize = TokenId.Size + sizeof(long) + SiteKey.Size + sizeof(int);

    // No site has it: Generation says the same.
    private const int NoAsker = 0;

    /// <summary>By which the sender chose the shard.</summary>
    [Id(0)]
    public required int Shards { get; init; }

    [Id(1)]
    public required byte[] Items { get; init; }

    public static PeekBatch Of(ShardCount shards, IReadOnlyList<PeekRequest> requests)
    {
        byte[] items = new byte[requests.Count * ItemSize];
        for (int i = 0; i < requests.Count; i++) Write(requests[i], items.AsSpan(i * ItemSize));
        return new PeekBatch { Shards = shards.Value, Items = items };
    }

    public PeekRequest[] Read()
    {
        PeekRequest[] requests = new PeekRequest[Packed.Count(Items, ItemSize)];
        for (int i = 0; i < requests.Length; i++) requests[i] = Read(Items.AsSpan(i * ItemSize));
        return requests;
    }

    private static void Write(in PeekRequest request, Span<byte> item)
    {
        request.Token.Write(item);
        BinaryPrimitives.WriteInt64BigEndian(item[16..], request.ExpiresAt.Value);
        (request.Asker?.Site ?? default).Write(item[24..]);
        BinaryPrimitives.WriteInt32BigEndian(item[40..], request.Asker?.Generation.Value ?? NoAsker);
    }

    private static PeekRequest Read(ReadOnlySpan<byte> item)
    {
        int generation = BinaryPrimitives.ReadInt32BigEndian(item[40..]);
        return new PeekRequest(
            TokenId.Read(item),
            new UnixSeconds(BinaryPrimitives.ReadInt64BigEndian(item[16..])),
            generation == NoAsker ? null : new SiteGeneration(SiteKey.Read(item[24..]), new Generation(generation)));
    }
}
