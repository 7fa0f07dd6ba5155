using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Grains.Redemption;

/// <summary>
/// Requests for the shards of one silo, packed to <see cref="ItemSize"/> bytes each: token id 16, expiry 8, site 16, generation 4, attempt
/// key 16, big-endian. What is to be added later gets a member of its own, which older nodes pass over.
/// </summary>
[GenerateSerializer, Immutable, Alias("captchacluster.RedemptionBatch")]
public sealed class RedemptionBatch
{
    public const int ItemSize = Packed.HeadSize + AttemptKey.Size;

    /// <summary>By which the sender chose the shard.</summary>
    [Id(0)]
    public required int Shards { get; init; }

    [Id(1)]
    public required byte[] Items { get; init; }

    public static RedemptionBatch Of(ShardCount shards, IReadOnlyList<RedemptionRequest> requests) =>
        new() { Shards = shards.Value, Items = Packed.Write(requests, ItemSize, Write) };

    public RedemptionRequest[] Read() => Packed.Read(Items, ItemSize, Read);

    private static void Write(in RedemptionRequest request, Span<byte> item)
    {
        Packed.WriteHead(item, request.Token, request.ExpiresAt, request.Site, request.Generation.Value);
        request.Attempt.Write(item[Packed.HeadSize..]);
    }

    private static RedemptionRequest Read(ReadOnlySpan<byte> item)
    {
        (TokenId token, UnixSeconds expiresAt, SiteKey site, int generation) = Packed.ReadHead(item);
        return new RedemptionRequest(token, expiresAt, site, new Generation(generation), AttemptKey.Read(item[Packed.HeadSize..]));
    }
}
