using System.Net;
using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Cluster.Processes;

[Collection(PostgresCollection.Name)]
public sealed class RollingRestartTests(PostgresFixture server)
{
    private const int Seed = 20_261_121;
    private const int Callers = 8;
    private const string Drain = "--Gateway:DrainSeconds=3";

    /// <summary>Every process of the cluster once, one after the other, behind a balancer that looks at the readiness: nobody is told a 503, nobody is cut off.</summary>
    [FactWithPostgres]
    [Trait("Invariant", "I1")]
    public async Task A_rolling_restart_under_load_fails_no_verification_and_shards_spread_again()
    {
        await using ClusterProcesses cluster = new(server, await server.NewSchemaAsync());
        ClusterProcesses.SiloPorts[] ports = [.. Enumerable.Range(0, 3).Select(_ => ClusterProcesses.NewPorts())];
        GatewayProcess[] silos = await Task.WhenAll(ports.Select(own => cluster.StartSiloAsync(own)));
        GatewayProcess[] gateways = await Task.WhenAll(cluster.StartGatewayAsync(Drain), cluster.StartGatewayAsync(Drain));
        await using ShardCensus census = await ShardCensus.ConnectAsync(cluster.ConnectionString);
        RecordedRun run = new();
        await run.AddSitesAsync(gateways[0].Admin, 2);
        Traffic traffic = new();
        traffic.Add(await run.MintAsync(gateways[1].Admin, 5000));
        ClusterLoad load = new(run, traffic);
        load.Route(gateways);
        load.Start(Callers, Seed);
        await load.MoreAsync(300);

        for (int i = 0; i < silos.Length; i++)
        {
            GatewayExit exit = await silos[i].TerminateAsync();
            Assert.True(exit.Code == 0, $"{exit.Code}: {exit.Errors}\n{silos[i].Output}");
            await load.MoreAsync(100);
            silos[i] = await cluster.StartSiloAsync(ports[i]);
            await load.MoreAsync(100);
        }

        for (int i = 0; i < gateways.Length; i++)
        {
            GatewayProcess old = gateways[i];
            old.Terminate();
            while (await old.HealthByAdminAsync("/healthz/ready") != HttpStatusCode.ServiceUnavailable) await Task.Delay(20);
            load.Route(gateways[1 - i]);
            await old.EndedAsync();
            Assert.Equal(0, old.Exit.Code);
            gateways[i] = await cluster.StartGatewayAsync(Drain);
            load.Route(gateways);
            await load.MoreAsync(200);
        }

        await census.EachServesAsync(ports.Select(own => own.Silo), load);
        await load.StopAsync();
        Assert.Empty(load.Failed);
        Assert.Equal(0, load.Undecided);
        CheckReport report = HistoryChecker.Check(run.Snapshot());
        Assert.True(report.IsClean, report.ToString());
    }
}
