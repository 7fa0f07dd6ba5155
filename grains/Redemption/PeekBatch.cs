using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Grains.Redemption;

/// <summary>Looks at tokens of one silo's shards, packed to <see cref="ItemSize"/> bytes each: token id 16, expiry 8, asker's site 16, its generation 4.</summary>
[GenerateSerializer, Immutable, Alias("captchacluster.PeekBatch")]
public sealed class PeekBatch
{
    public const int ItemSize = Packed.HeadSize;

    // No site has it: Generation says the same.
    private const int NoAsker = 0;

    /// <summary>By which the sender chose the shard.</summary>
    [Id(0)]
    public required int Shards { get; init; }

    [Id(1)]
    public required byte[] Items { get; init; }

    public static PeekBatch Of(ShardCount shards, IReadOnlyList<PeekRequest> requests) =>
        new() { Shards = shards.Value, Items = Packed.Write(requests, ItemSize, Write) };

    public PeekRequest[] Read() => Packed.Read(Items, ItemSize, Read);

    private static void Write(in PeekRequest request, Span<byte> item) => Packed.WriteHead(
        item, request.Token, request.ExpiresAt, request.Asker?.Site ?? default, request.Asker?.Generation.Value ?? NoAsker);

    private static PeekRequest Read(ReadOnlySpan<byte> item)
    {
        (TokenId token, UnixSeconds expiresAt, SiteKey site, int generation) = Packed.ReadHead(item);
        return new PeekRequest(token, expiresAt, generation == NoAsker ? null : new SiteGeneration(site, new Generation(generation)));
    }
}
