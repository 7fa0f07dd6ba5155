using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Cluster.Processes;

[Collection(PostgresCollection.Name)]
public sealed class RestoredSiloTests(PostgresFixture server)
{
    /// <summary>The gateway runs on, and has judged tokens by what the ledger said before.</summary>
    [FactWithPostgres]
    [Trait("Invariant", "I1")]
    public async Task Once_a_silo_has_started_over_a_restored_ledger_no_gateway_accepts_an_older_token()
    {
        await using ClusterProcesses cluster = new(server, await server.NewSchemaAsync());
        ClusterProcesses.SiloPorts ports = ClusterProcesses.NewPorts();
        GatewayProcess silo = await cluster.StartSiloAsync(ports);
        GatewayProcess gateway = await cluster.StartGatewayAsync();
        RecordedRun run = new();
        await run.AddSitesAsync(gateway.Admin, 1);
        MintedToken[] tokens = await run.MintAsync(gateway.Admin, run.Sites[0], 30);
        Assert.Equal(Verdict.Success, (await run.SendAsync(gateway.Public, Submission.Of(tokens[0], null))).Verdict);

        Assert.Equal(0, (await silo.TerminateAsync()).Code);
        await cluster.StartSiloAsync(ports, "--restored");
        Verdict verdict = Verdict.Unknown;
        foreach (MintedToken token in tokens[1..])
        {
            verdict = (await run.SendAsync(gateway.Public, Submission.Of(token, null))).Verdict;
            Assert.Contains(verdict, new[] { Verdict.Expired, Verdict.Unknown });
        }

        Assert.Equal(Verdict.Expired, verdict);
        foreach (MintedToken token in await run.MintAsync(gateway.Admin, run.Sites[0], 5))
            Assert.Equal(Verdict.Success, (await run.SendAsync(gateway.Public, Submission.Of(token, null))).Verdict);
    }
}
