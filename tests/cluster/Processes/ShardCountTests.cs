using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Cluster.Processes;

[Collection(PostgresCollection.Name)]
public sealed class ShardCountTests(PostgresFixture server)
{
    private const int Seed = 20_261_121;

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

    /// <summary>
    /// Without stopping anything first: silos and gateways that go by the old count and by the new one work side by side over one
    /// ledger, and what they cannot agree on is 503.
    /// </summary>
    [FactWithPostgres]
    [Trait("Invariant", "I1")]
    public async Task While_the_count_is_changed_under_load_every_token_is_redeemed_once()
    {
        string schema = await server.NewSchemaAsync();
        await using ClusterProcesses cluster = new(server, schema);
        ClusterProcesses.SiloPorts[] ports = [ClusterProcesses.NewPorts(), ClusterProcesses.NewPorts()];
        GatewayProcess[] silos = await Task.WhenAll(ports.Select(own => cluster.StartSiloAsync(own, "--Cluster:Shards=3")));
        GatewayProcess old = await cluster.StartGatewayAsync();
        RecordedRun run = new();
        await run.AddSitesAsync(old.Admin, 2);
        Traffic traffic = new();
        traffic.Add(await run.MintAsync(old.Admin, 3000));
        ClusterLoad load = new(run, traffic);
        load.Route(old);
        load.Start(callers: 8, Seed);
        await load.MoreAsync(300);

        // Another gateway and another silo, which call themselves a cluster of their own, go by the new count at once.
        await server.ExecuteAsync($"UPDATE {schema}.cluster SET shards = 8");
        GatewayProcess beside = await cluster.StartBothAsync(ClusterProcesses.NewPorts(), "--Cluster:Id=beside");
        load.Route(old, beside);
        await load.MoreAsync(500);
        Assert.True(await run.Sites[0].RotateAsync(old.Admin, immediately: true));
        await load.MoreAsync(200);

        // And within the cluster, one silo after the other.
        for (int i = 0; i < silos.Length; i++)
        {
            Assert.Equal(0, (await silos[i].TerminateAsync()).Code);
            silos[i] = await cluster.StartSiloAsync(ports[i]);
            await load.MoreAsync(30); // who asks the old gateway waits for its 503
        }

        await old.Output.FirstAsync(line => line.Contains("The cluster has 8 shards now, and this gateway started with 3", StringComparison.Ordinal)).WaitAsync(GatewayProcess.Patience);
        GatewayProcess started = await cluster.StartGatewayAsync();
        load.Route(started, beside);
        await load.MoreAsync(500);
        await load.StopAsync();
        Assert.Empty(load.Failed);
        Assert.True(load.Undecided > 0, "Nobody was told that the counts differ.");
        foreach (Submission submission in traffic.Undecided)
            Assert.NotEqual(Verdict.Unknown, (await run.SendAsync(started.Public, submission.Again())).Verdict);
        foreach (Submission submission in traffic.Acknowledged.Take(300))
            Assert.Equal(Verdict.Duplicate, (await run.SendAsync(started.Public, submission.Again() with { IdempotencyKey = traffic.NewKey() })).Verdict);
        CheckReport report = HistoryChecker.Check(run.Snapshot());
        Assert.True(report.IsClean, report.ToString());
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
