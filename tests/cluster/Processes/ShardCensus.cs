using CaptchaCluster.Silo.Hosting;

namespace CaptchaCluster.Tests.Cluster.Processes;

/// <summary>Asks a cluster which silo serves which shards.</summary>
internal sealed class ShardCensus(ClientMember member) : IAsyncDisposable
{
    public static async Task<ShardCensus> ConnectAsync(string connectionString) => new(await ClusterClient.ConnectAsync(connectionString));

    /// <summary>How many shards each silo has, by its port.</summary>
    public async Task<Dictionary<int, int>> CountAsync()
    {
        DetailedGrainStatistic[] grains = await member.Client.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
        return grains
            .Where(grain => grain.GrainId.Type.ToString() == "captchacluster.redemption")
            .GroupBy(grain => grain.SiloAddress.Endpoint.Port)
            .ToDictionary(silo => silo.Key, silo => silo.Count());
    }

    /// <summary>Completes once each of the silos serves its share; somebody has to ask for all shards meanwhile.</summary>
    public async Task EachServesAsync(IEnumerable<int> ports)
    {
        int[] expected = [.. ports.Order()];
        const int shards = 16;
        int share = (shards + expected.Length - 1) / expected.Length;
        Dictionary<int, int> counts = [];
        for (int look = 0; look < 300; look++)
        {
            counts = await CountAsync();
            if (counts.Keys.Order().SequenceEqual(expected) && counts.Values.Sum() == shards && counts.Values.Max() <= share) return;
            await Task.Delay(200);
        }

        Assert.Fail($"Shards did not spread: {string.Join(", ", counts)}");
    }

    public ValueTask DisposeAsync() => member.DisposeAsync();
}
