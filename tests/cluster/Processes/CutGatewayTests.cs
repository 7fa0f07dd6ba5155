using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;
using CaptchaCluster.Tests.Processes.Network;
using CaptchaCluster.Tests.Processes.Postgres;

namespace CaptchaCluster.Tests.Cluster.Processes;

/// <summary>A gateway and three silos, each in a network of its own.</summary>
[Collection(PostgresCollection.Name)]
public sealed class CutGatewayTests(PostgresFixture server)
{
    private const int Silos = 3;

    // Enough that each silo is asked for some, whichever shards they are of.
    private const int Tokens = 100;

    /// <summary>
    /// What it sends there is dropped, nobody is told, and the connection stays open for minutes: by it goes what is meant for
    /// other silos too. Each in turn, as nobody knows which requests go by which silo.
    /// </summary>
    [FactWithNetwork]
    [Trait("Invariant", "I5")]
    public async Task A_gateway_that_silently_loses_any_one_silo_finds_another_way_to_every_shard()
    {
        using PrivateNetwork network = new();
        await using ClusterProcesses cluster = new(server, await server.NewSchemaAsync());
        PrivateNetwork.Member[] places = [.. Enumerable.Range(0, Silos).Select(_ => network.Join())];
        PrivateNetwork.Member own = network.Join();
        await Task.WhenAll(places.Select(cluster.StartSiloAsync));
        GatewayProcess gateway = await cluster.StartGatewayAsync(own);
        RecordedRun run = new();
        await run.AddSitesAsync(gateway.Admin, 1);
        MintedToken[] tokens = await run.MintAsync(gateway.Admin, (Silos + 1) * Tokens);
        await AllSucceedAsync(run, gateway, tokens[..Tokens]);
        for (int silo = 0; silo < Silos; silo++)
        {
            network.Cut(places[silo], own);
            await AllSucceedAsync(run, gateway, tokens[((silo + 1) * Tokens)..((silo + 2) * Tokens)]);
            network.Heal();
        }

        Assert.Contains("A call to a shard failed", gateway.Output.ToString());
        CheckReport report = HistoryChecker.Check(run.Snapshot());
        Assert.True(report.IsClean, report.ToString());
    }

    /// <summary>Each, asked for again while nothing is known of it.</summary>
    private static async Task AllSucceedAsync(RecordedRun run, GatewayProcess gateway, MintedToken[] tokens)
    {
        using CancellationTokenSource patience = new(GatewayProcess.Patience);
        await Task.WhenAll(tokens.Select(async token =>
        {
            Submission submission = Submission.Of(token, $"{token.Position}");
            Answer answer = await run.SendAsync(gateway.Public, submission);
            while (answer.Verdict == Verdict.Unknown)
            {
                await Task.Delay(100, patience.Token);
                answer = await run.SendAsync(gateway.Public, submission.Again());
            }

            Assert.Equal(Verdict.Success, answer.Verdict);
        }));
    }

    private sealed class FactWithNetworkAttribute : FactAttribute
    {
        public FactWithNetworkAttribute() => Skip = PostgresServer.WhyNot ?? PrivateNetwork.WhyNot;
    }
}
