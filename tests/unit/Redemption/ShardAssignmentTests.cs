using CaptchaCluster.Redemption;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Unit.Redemption;

public sealed class ShardAssignmentTests
{
    [Theory]
    [InlineData(16, 1)]
    [InlineData(16, 3)]
    [InlineData(64, 7)]
    [InlineData(3, 5)]
    public void Nobody_has_more_than_his_share(int shards, int owners)
    {
        int[] assigned = ShardAssignment.Assign(new ShardCount(shards), Owners(owners));
        Assert.Equal(shards, assigned.Length);
        Assert.All(assigned.CountBy(owner => owner), owned => Assert.InRange(owned.Value, 1, (shards + owners - 1) / owners));
    }

    [Fact]
    public void The_order_of_owners_does_not_matter()
    {
        string[] owners = Owners(5), reversed = [.. owners.Reverse()];
        ShardCount shards = new(64);
        Assert.Equal(
            ShardAssignment.Assign(shards, owners).Select(owner => owners[owner]),
            ShardAssignment.Assign(shards, reversed).Select(owner => reversed[owner]));
    }

    [Fact]
    public void Where_one_of_four_goes_most_shards_of_the_others_stay()
    {
        ShardCount shards = new(256);
        string[] four = Owners(4), three = four[..3];
        string[] before = [.. ShardAssignment.Assign(shards, four).Select(owner => four[owner])];
        string[] after = [.. ShardAssignment.Assign(shards, three).Select(owner => three[owner])];
        int moved = Enumerable.Range(0, shards.Value).Count(shard => before[shard] != four[3] && before[shard] != after[shard]);
        Assert.InRange(moved, 0, shards.Value / 4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(1024)]
    public void Tokens_spread_over_shards_and_within_a_shard_over_both_hosts(int count)
    {
        const int tokens = 200_000;
        ShardCount shards = new(count);
        Random random = new(20_261_121);
        int[] perShard = new int[count];
        int firstHosts = 0;
        for (int i = 0; i < tokens; i++)
        {
            TokenId token = new((ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)random.NextInt64(long.MinValue, long.MaxValue));
            int shard = shards.ShardOf(token);
            perShard[shard]++;
            if (shard == 0 && token.High >> 63 == 0) firstHosts++;
        }

        double expected = (double)tokens / count, tolerance = 6 * Math.Sqrt(expected);
        Assert.All(perShard, here => Assert.InRange(here, expected - tolerance, expected + tolerance));
        Assert.InRange(firstHosts, (perShard[0] / 2.0) - tolerance, (perShard[0] / 2.0) + tolerance);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1025)]
    public void No_cluster_has_so_many_shards(int count) => Assert.Throws<ArgumentOutOfRangeException>(() => new ShardCount(count));

    private static string[] Owners(int count) => [.. Enumerable.Range(0, count).Select(i => $"10.0.0.{i + 1}:11111")];
}
