using CaptchaCluster.Redemption;

namespace CaptchaCluster.Tests.Unit.Redemption;

public sealed class ShardLanesTests
{
    private const int Shards = 16;
    private const int Routes = 8;

    [Theory]
    [InlineData(new[] { 0, 0, 0, 0 }, new[] { 0, 0, 0, 0 })]
    [InlineData(new[] { 2, 0, 2, 1, 0, 2 }, new[] { 0, 1, 0, 3, 1, 0 })]
    [InlineData(new[] { 7 }, new[] { 0 })]
    public void Shards_that_live_in_one_place_share_the_lane_of_the_first(int[] homes, int[] lanes) => Assert.Equal(lanes, ShardLanes.Of(homes));

    [Fact]
    public void Of_places_that_nobody_knows_each_shard_has_its_own()
    {
        ShardLanes lanes = ShardLanes.Apart(new ShardCount(3));
        Assert.Equal([0, 1, 2], Enumerable.Range(0, 3).Select(lanes.LaneOf));
    }

    /// <summary>The best route leads home; half of all, and the second best, to places that are reached when that one is not.</summary>
    [Fact]
    public void Every_other_route_leads_home_and_those_between_to_every_other_place()
    {
        for (int places = 1; places <= Shards; places++)
        {
            int[] homes = HomesOf(places);
            ShardLanes lanes = new(ShardLanes.Of(homes));
            for (int shard = 0; shard < Shards; shard++)
            {
                int lane = lanes.LaneOf(shard);
                int[] addresses = [.. Enumerable.Range(0, Routes).Select(route => lanes.AddressOf(lane, route))];
                int[] found = [.. addresses.Select(address => homes[address % Shards])];
                Assert.Equal(lane, addresses[0]);
                Assert.Equal(Routes, addresses.Distinct().Count());
                Assert.All(found.Where((_, route) => route % 2 == 0), home => Assert.Equal(homes[shard], home));
                if (places == 1) continue;
                int[] elsewhere = [.. found.Where((_, route) => route % 2 == 1)];
                Assert.DoesNotContain(homes[shard], elsewhere);
                Assert.Equal(Math.Min(Routes / 2, places - 1), elsewhere.Distinct().Count());
            }
        }
    }

    /// <summary>When places have changed, what is queued still goes where its lane was, which is nowhere special now.</summary>
    [Fact]
    public void A_lane_that_is_none_any_more_has_routes_still()
    {
        ShardLanes lanes = new(ShardLanes.Of([.. Enumerable.Repeat(0, Shards)]));
        Assert.Equal(Routes, Enumerable.Range(0, Routes).Select(route => lanes.AddressOf(5, route)).Distinct().Count());
        Assert.All(Enumerable.Range(0, Routes), route => Assert.Equal(5, lanes.AddressOf(5, route) % Shards));
    }

    private static int[] HomesOf(int places) =>
        ShardAssignment.Assign(new ShardCount(Shards), [.. Enumerable.Range(0, places).Select(place => $"silo {place}")]);
}
