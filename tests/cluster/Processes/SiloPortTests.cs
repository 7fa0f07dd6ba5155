using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Cluster.Processes;

[Collection(PostgresCollection.Name)]
public sealed class SiloPortTests(PostgresFixture server)
{
    /// <summary>Two silos that are started on one machine with the same settings.</summary>
    [FactWithPostgres]
    public async Task A_silo_at_a_port_of_another_is_refused_and_the_other_goes_on()
    {
        await using ClusterProcesses cluster = new(server, await server.NewSchemaAsync());
        ClusterProcesses.SiloPorts ports = ClusterProcesses.NewPorts();
        GatewayProcess both = await cluster.StartBothAsync(ports);
        foreach ((string setting, ClusterProcesses.SiloPorts taken) in new[]
        {
            ($"Cluster:SiloPort is '{ports.Silo}'", ports),
            ($"Cluster:GatewayPort is '{ports.Gateway}'", ClusterProcesses.NewPorts() with { Gateway = ports.Gateway }),
        })
        {
            GatewayExit exit = await cluster.StartRefusedSiloAsync(taken);
            Assert.Equal(2, exit.Code);
            Assert.StartsWith($"{setting}, which cannot be bound: ", exit.Errors);
            Assert.Single(exit.Errors.Trim().Split('\n'));
        }

        RecordedRun run = new();
        await run.AddSitesAsync(both.Admin, 1);
        foreach (MintedToken token in await run.MintAsync(both.Admin, run.Sites[0], 20))
            Assert.Equal(Verdict.Success, (await run.SendAsync(both.Public, Submission.Of(token, null))).Verdict);
    }
}
