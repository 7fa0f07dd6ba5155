using System.Buffers.Binary;
using CaptchaCluster.Redemption;

namespace CaptchaCluster.Grains.Redemption;

/// <summary>Outcomes in the order of the requests, packed to <see cref="ItemSize"/> bytes each: status 1, time 8, big-endian.</summary>
[GenerateSerializer, Immutable, Alias("captchacluster.ShardReply")]
public sealed class ShardReply
{
    public const int ItemSize = 1 + sizeof(long);

    // A status' place here is its number on the wire: what is new goes to the end. A number that is not here says nothing (I5).
    private static readonly RedemptionStatus[] Redemptions =
    [
        RedemptionStatus.Unknown, RedemptionStatus.Redeemed, RedemptionStatus.Replayed, RedemptionStatus.Duplicate,
        RedemptionStatus.Expired, RedemptionStatus.Retired, RedemptionStatus.Overloaded,
    ];

    private static readonly PeekStatus[] Peeks =
        [PeekStatus.Unknown, PeekStatus.Unspent, PeekStatus.Redeemed, PeekStatus.Expired, PeekStatus.Overloaded, PeekStatus.Retired];

    /// <summary>Of the cluster. Where it is not the batch's, nothing was tried and there are no items.</summary>
    [Id(0)]
    public required int Shards { get; init; }

    /// <summary>As <see cref="IRedemptionStore.IssuedFloor"/>, after the outcomes were had.</summary>
    [Id(1)]
    public required long IssuedFloor { get; init; }

    [Id(2)]
    public required byte[] Items { get; init; }

    public static byte[] Pack(IReadOnlyList<RedemptionOutcome> outcomes) =>
        Packed.Write(outcomes, ItemSize, static (in RedemptionOutcome outcome, Span<byte> item) => Write(item, Array.IndexOf(Redemptions, outcome.Status), outcome.At));

    public static byte[] Pack(IReadOnlyList<PeekOutcome> outcomes) =>
        Packed.Write(outcomes, ItemSize, static (in PeekOutcome outcome, Span<byte> item) => Write(item, Array.IndexOf(Peeks, outcome.Status), outcome.At));

    public RedemptionOutcome[] ReadRedemptions() => Packed.Read(Items, ItemSize, static item => new RedemptionOutcome(StatusOf(Redemptions, item), TimeOf(item)));

    public PeekOutcome[] ReadPeeks() => Packed.Read(Items, ItemSize, static item => new PeekOutcome(StatusOf(Peeks, item), TimeOf(item)));

    private static void Write(Span<byte> item, int number, UnixSeconds at)
    {
        item[0] = checked((byte)number);
        BinaryPrimitives.WriteInt64BigEndian(item[1..], at.Value);
    }

    private static TStatus StatusOf<TStatus>(TStatus[] statuses, ReadOnlySpan<byte> item) => statuses[item[0] < statuses.Length ? item[0] : 0];

    private static UnixSeconds TimeOf(ReadOnlySpan<byte> item) => new(BinaryPrimitives.ReadInt64BigEndian(item[1..]));
}
