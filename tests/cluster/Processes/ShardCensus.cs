using CaptchaCluster.Redemption;
using CaptchaCluster.Silo.Hosting;

namespace CaptchaCluster.Tests.Cluster.Processes;

/// <summary>Asks a cluster which silo serves which shards.</summary>
internal sealed class ShardCensus(ClientMember member) : IAsyncDisposable
{
    public static async Task<ShardCensus> ConnectAsync(string connectionString) => new(await ClusterClient.ConnectAsync(connectionString));

    /// <summary>Completes once each of the silos is asked for shards, and all that are asked for are where they belong.</summary>
    public async Task EachServesAsync(IEnumerable<int> ports)
    {
        int[] expected = [.. ports.Order()];
        string found = "";
        for (int look = 0; look < 300; look++)
        {
            DetailedGrainStatistic[] grains = await member.Client.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
            DetailedGrainStatistic[] shards = [.. grains.Where(grain => grain.GrainId.Type.ToString() == "captchacluster.redemption")];
            if (expected.SequenceEqual(shards.Select(shard => shard.SiloAddress.Endpoint.Port).Distinct().Order()) && AreHome(shards)) return;
            found = string.Join(", ", shards.Select(shard => $"{shard.GrainId} at {shard.SiloAddress.Endpoint}"));
            await Task.Delay(200);
        }

        Assert.Fail($"Shards did not spread: {found}");
    }

    private static bool AreHome(DetailedGrainStatistic[] shards)
    {
        ShardCount count = new(16);
        string[] silos = [.. shards.Select(shard => shard.SiloAddress.Endpoint.ToString()).Distinct()];
        int[] homes = ShardAssignment.Assign(count, silos);
        return shards.All(shard => silos[homes[shard.GrainId.GetIntegerKey() % count.Value]] == shard.SiloAddress.Endpoint.ToString());
    }

    public ValueTask DisposeAsync() => member.DisposeAsync();
}
