using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Cluster.Processes;

/// <summary>
/// Two clusters that know nothing of each other over one ledger: each has its own activation of every shard, and both answer,
/// all the time. It is what a partition of the network, or a wrong setting, would do.
/// </summary>
[Collection(PostgresCollection.Name)]
public sealed class TwoOwnersTests(PostgresFixture server)
{
    private const int Seed = 20_261_121;

    [FactWithPostgres]
    [Trait("Invariant", "I1")]
    public async Task Two_owners_of_every_shard_at_once_redeem_every_token_once()
    {
        await using ClusterProcesses cluster = new(server, await server.NewSchemaAsync());
        GatewayProcess one = await cluster.StartBothAsync(ClusterProcesses.NewPorts(), "--Cluster:Id=one");
        GatewayProcess other = await cluster.StartBothAsync(ClusterProcesses.NewPorts(), "--Cluster:Id=other");
        RecordedRun run = new();
        await run.AddSitesAsync(one.Admin, 2);
        Traffic traffic = new();
        traffic.Add(await run.MintAsync(other.Admin, 300));
        ClusterLoad load = new(run, traffic);
        load.Route(one, other);
        load.Start(callers: 8, Seed);
        await load.MoreAsync(1500);
        for (int round = 0; round < 3; round++)
        {
            Assert.True(await run.Sites[round % 2].RotateAsync((round % 2 == 0 ? one : other).Admin, immediately: true));
            await load.MoreAsync(200);
        }

        await load.StopAsync();
        Assert.Empty(load.Failed);
        CheckReport report = HistoryChecker.Check(run.Snapshot());
        Assert.True(report.IsClean, report.ToString());
        Assert.True(report.Counts.Duplicate > 0, report.ToString());
    }
}
