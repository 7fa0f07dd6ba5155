using CaptchaCluster.Grains.Redemption;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Cluster.Contracts;

public sealed class ShardContractTests
{
    private static readonly ShardCount Shards = new(16);
    private static readonly UnixSeconds Now = new(1_800_000_000);

    [Fact]
    [Trait("Invariant", "I10")]
    public void A_redemption_takes_at_most_64_bytes_on_the_wire_and_an_outcome_16()
    {
        Assert.InRange(PerItem(count => RedemptionBatch.Of(Shards, Requests(count))), 1, 64);
        Assert.InRange(PerItem(count => PeekBatch.Of(Shards, Looks(count))), 1, 64);
        Assert.InRange(PerItem(count => Reply(ShardReply.Pack(Requests(count).Select(_ => new RedemptionOutcome(RedemptionStatus.Redeemed, Now)).ToArray()))), 1, 16);
    }

    [Fact]
    public void Requests_arrive_as_they_were_sent()
    {
        RedemptionRequest[] requests = [.. Requests(5), Requests(1)[0] with { Generation = Generation.NoSecret }];
        RedemptionBatch batch = Wire.Carry(RedemptionBatch.Of(Shards, requests));
        Assert.Equal(16, batch.Shards);
        Assert.Equal(requests, batch.Read());

        PeekRequest[] looks = [.. Looks(5), Looks(1)[0] with { Asker = new SiteGeneration(new SiteKey(1, 2), Generation.First) }];
        Assert.Equal(looks, Wire.Carry(PeekBatch.Of(Shards, looks)).Read());
    }

    [Fact]
    public void Every_outcome_arrives_as_it_was_sent()
    {
        RedemptionOutcome[] outcomes = [.. Enum.GetValues<RedemptionStatus>().Select((status, i) => new RedemptionOutcome(status, Now + i))];
        Assert.Equal(outcomes, Wire.Carry(Reply(ShardReply.Pack(outcomes))).ReadRedemptions());
        PeekOutcome[] looks = [.. Enum.GetValues<PeekStatus>().Select((status, i) => new PeekOutcome(status, Now + i))];
        Assert.Equal(looks, Wire.Carry(Reply(ShardReply.Pack(looks))).ReadPeeks());
    }

    /// <summary>Of a later version.</summary>
    [Fact]
    [Trait("Invariant", "I5")]
    public void A_status_that_is_not_known_says_nothing()
    {
        byte[] items = new byte[ShardReply.ItemSize];
        items[0] = 200;
        Assert.Equal(RedemptionStatus.Unknown, Assert.Single(Reply(items).ReadRedemptions()).Status);
        Assert.Equal(PeekStatus.Unknown, Assert.Single(Reply(items).ReadPeeks()).Status);
    }

    [Fact]
    [Trait("Invariant", "I5")]
    public void What_is_not_whole_is_not_read()
    {
        Assert.Throws<InvalidDataException>(() => Reply(new byte[ShardReply.ItemSize + 1]).ReadRedemptions());
        Assert.Throws<InvalidDataException>(() => new RedemptionBatch { Shards = 16, Items = new byte[RedemptionBatch.ItemSize - 1] }.Read());
    }

    /// <summary>On the wire between versions: a change of these bytes is a break.</summary>
    [Fact]
    public void The_packing_of_a_request_and_of_an_outcome_is_pinned()
    {
        RedemptionRequest request = new(new TokenId(1, 2), new UnixSeconds(3), new SiteKey(4, 5), new Generation(6), new AttemptKey(7, 8));
        Assert.Equal(
            "00000000000000010000000000000002" + "0000000000000003" + "00000000000000040000000000000005" + "00000006" + "00000000000000070000000000000008",
            Convert.ToHexString(RedemptionBatch.Of(Shards, [request]).Items));
        PeekRequest look = new(new TokenId(1, 2), new UnixSeconds(3), new SiteGeneration(new SiteKey(4, 5), new Generation(6)));
        Assert.Equal(
            "00000000000000010000000000000002" + "0000000000000003" + "00000000000000040000000000000005" + "00000006",
            Convert.ToHexString(PeekBatch.Of(Shards, [look]).Items));
        RedemptionStatus[] statuses =
        [
            RedemptionStatus.Unknown, RedemptionStatus.Redeemed, RedemptionStatus.Replayed, RedemptionStatus.Duplicate,
            RedemptionStatus.Expired, RedemptionStatus.Retired, RedemptionStatus.Overloaded,
        ];
        byte[] packed = ShardReply.Pack([.. statuses.Select(status => new RedemptionOutcome(status, new UnixSeconds(9)))]);
        Assert.Equal(string.Concat(statuses.Select((_, i) => $"0{i}0000000000000009")), Convert.ToHexString(packed));
    }

    private static double PerItem<T>(Func<int, T> batch) => (Wire.Write(batch(1001)).Length - Wire.Write(batch(1)).Length) / 1000.0;

    private static ShardReply Reply(byte[] items) => new() { Shards = 16, IssuedFloor = 1, Items = items };

    private static RedemptionRequest[] Requests(int count) =>
        [.. Enumerable.Range(1, count).Select(_ => new RedemptionRequest(TokenId.New(), Now + 600, SiteKey.New(), new Generation(3), AttemptKey.New()))];

    private static PeekRequest[] Looks(int count) => [.. Enumerable.Range(1, count).Select(_ => new PeekRequest(TokenId.New(), Now + 600))];
}
