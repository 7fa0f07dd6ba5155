using CaptchaCluster.Redemption;

namespace CaptchaCluster.Tests.Unit.Redemption;

public sealed class ShardLanesTests
{
    [Theory]
    [InlineData(new[] { 0, 0, 0, 0 }, new[] { 0, 0, 0, 0 })]
    [InlineData(new[] { 2, 0, 2, 1, 0, 2 }, new[] { 0, 1, 0, 3, 1, 0 })]
    [InlineData(new[] { 7 }, new[] { 0 })]
    public void Shards_that_live_in_one_place_share_the_lane_of_the_first(int[] homes, int[] lanes) => Assert.Equal(lanes, ShardLanes.Of(homes));

    /// <summary>Else a batch would come to a place that no shard in it lives at.</summary>
    [Fact]
    public void Whoever_gets_a_shards_requests_lives_where_it_does()
    {
        for (int owners = 1; owners <= 12; owners++)
        {
            int[] homes = ShardAssignment.Assign(new ShardCount(16), [.. Enumerable.Range(0, owners).Select(owner => $"silo {owner}")]);
            int[] lanes = ShardLanes.Of(homes);
            Assert.Equal(homes, lanes.Select(lane => homes[lane]));
            Assert.Equal(homes.Distinct().Count(), lanes.Distinct().Count());
        }
    }

    [Fact]
    public void Of_places_that_nobody_knows_each_shard_has_its_own() => Assert.Equal([0, 1, 2], ShardLanes.Apart(new ShardCount(3)));
}
