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

    public static byte[] Pack(IReadOnlyList<RedemptionOutcome> outcomes) => Pack(outcomes.Count, i => (Array.IndexOf(Redemptions, outcomes[i].Status), outcomes[i].At));

    public static byte[] Pack(IReadOnlyList<PeekOutcome> outcomes) => Pack(outcomes.Count, i => (Array.IndexOf(Peeks, outcomes[i].Status), outcomes[i].At));

    public RedemptionOutcome[] ReadRedemptions() => Read(Redemptions, static (status, at) => new RedemptionOutcome(status, at));

    public PeekOutcome[] ReadPeeks() => Read(Peeks, static (status, at) => new PeekOutcome(status, at));

    private static byte[] Pack(int count, Func<int, (int Number, UnixSeconds At)> outcome)
    {
        byte[] items = new byte[count * ItemSize];
        for (int i = 0; i < count; i++)
        {
            (int number, UnixSeconds at) = outcome(i);
            items[i * ItemSize] = checked((byte)number);
            BinaryPrimitives.WriteInt64BigEndian(items.AsSpan((i * ItemSize) + 1), at.Value);
        }

        return items;
    }

    private TOutcome[] Read<TStatus, TOutcome>(TStatus[] statuses, Func<TStatus, UnixSeconds, TOutcome> outcome)
    {
        TOutcome[] outcomes = new TOutcome[Packed.Count(Items, ItemSize)];
        for (int i = 0; i < outcomes.Length; i++)
        {
            byte number = Items[i * ItemSize];
            UnixSeconds at = new(BinaryPrimitives.ReadInt64BigEndian(Items.AsSpan((i * ItemSize) + 1)));
            outcomes[i] = outcome(statuses[number < statuses.Length ? number : 0], at);
        }

        return outcomes;
    }
}
