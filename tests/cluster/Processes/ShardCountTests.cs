using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Cluster.Processes;

[Collection(PostgresCollection.Name)]
public sealed class ShardCountTests(PostgresFixture server)
{
    [FactWithPostgres]
    public async Task A_silo_with_another_count_of_shards_is_refused_and_the_refusal_names_both()
    {
        await using ClusterProcesses cluster = new(server, await server.NewSchemaAsync());
        await cluster.StartBothAsync(ClusterProcesses.NewPorts(), "--Cluster:Shards=5");
        GatewayExit exit = await cluster.StartRefusedSiloAsync(ClusterProcesses.NewPorts(), "--Cluster:Shards=8");
        Assert.Equal(2, exit.Code);
        Assert.Contains("Cluster:Shards is '8'; allowed is 5", exit.Errors);
        await cluster.StartSiloAsync(ClusterProcesses.NewPorts()); // without one it takes what there is
    }

    /// <summary>As docs/cluster.md tells: the ledger, and no shard, is what tokens are redeemed in.</summary>
    [FactWithPostgres]
    [Trait("Invariant", "I1")]
    public async Task After_the_count_was_changed_all_that_was_redeemed_is_so_still()
    {
        string schema = await server.NewSchemaAsync();
        await using ClusterProcesses cluster = new(server, schema);
        RecordedRun run = new();
        List<Submission> acknowledged = [];
        foreach (int shards in new[] { 3, 8 })
        {
            GatewayProcess gateway = await cluster.StartBothAsync(ClusterProcesses.NewPorts(), $"--Cluster:Shards={shards}");
            if (run.Sites.Count == 0) await run.AddSitesAsync(gateway.Admin, 1);
            foreach (Submission submission in acknowledged)
            {
                Assert.Equal(Verdict.Success, (await run.SendAsync(gateway.Public, submission)).Verdict);
                Assert.Equal(Verdict.Duplicate, (await run.SendAsync(gateway.Public, submission with { IdempotencyKey = "another" })).Verdict);
            }

            foreach (MintedToken token in await run.MintAsync(gateway.Admin, run.Sites[0], 40))
            {
                Submission submission = Submission.Of(token, $"first with {shards}");
                Assert.Equal(Verdict.Success, (await run.SendAsync(gateway.Public, submission)).Verdict);
                acknowledged.Add(submission);
            }

            Assert.Equal(0, (await gateway.TerminateAsync()).Code);
            await server.ExecuteAsync($"UPDATE {schema}.cluster SET shards = 8");
        }

        CheckReport report = HistoryChecker.Check(run.Snapshot());
        Assert.True(report.IsClean, report.ToString());
    }
}
