using CaptchaCluster.Tests.Cluster.Processes;
using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Cluster.Single;

[Collection(PostgresCollection.Name)] // none of the others is to take the processors meanwhile
public sealed class LostSoleSiloTests
{
    private const int Seed = 20_261_121;

    /// <summary>There is nobody else to serve its shards: what comes meanwhile is late or 503. The gateways are not touched.</summary>
    [Fact]
    [Trait("Invariant", "I1 I2 I5")]
    public async Task Killed_under_load_and_started_again_it_has_redeemed_every_token_once_and_gateways_answer_by_themselves()
    {
        await using SoleSilo sole = new();
        GatewayProcess silo = await sole.StartSiloAsync();
        GatewayProcess[] gateways = await Task.WhenAll(sole.StartGatewayAsync(), sole.StartGatewayAsync());
        RecordedRun run = new();
        await run.AddSitesAsync(gateways[0].Admin, 2);
        Traffic traffic = new();
        traffic.Add(await run.MintAsync(gateways[1].Admin, 3000));
        ClusterLoad load = new(run, traffic);
        load.Route(gateways);
        load.Start(callers: 8, Seed);
        for (int round = 0; round < 3; round++)
        {
            await load.MoreAsync(300);
            run.MarkFault("kill the silo");
            silo.Kill();
            await silo.EndedAsync();
            silo = await sole.StartSiloAsync();
            run.MarkFault("kill the silo", healed: true);
            await load.MoreAsync(100);
            await SoleSilo.RotateAsync(run.Sites[round % 2], gateways[round % 2]);
        }

        await load.StopAsync();
        Assert.Empty(load.Failed);
        foreach (Submission submission in traffic.Undecided) await AskAsync(submission.Again());
        foreach (Submission submission in traffic.Acknowledged.Take(300))
            Assert.Equal(Verdict.Duplicate, await AskAsync(submission.Again() with { IdempotencyKey = traffic.NewKey() }));
        CheckReport report = HistoryChecker.Check(run.Snapshot());
        Assert.True(report.IsClean, report.ToString());

        async Task<Verdict> AskAsync(Submission submission)
        {
            using CancellationTokenSource patience = new(GatewayProcess.Patience);
            while (true)
            {
                Verdict verdict = (await run.SendAsync(gateways[0].Public, submission)).Verdict;
                if (verdict != Verdict.Unknown) return verdict;
                await Task.Delay(50, patience.Token);
            }
        }
    }

    /// <summary>They share nothing with it but the way there.</summary>
    [Fact]
    [Trait("Invariant", "I2")]
    public async Task Gateways_come_and_go_and_the_silo_knows_what_was_redeemed()
    {
        await using SoleSilo sole = new();
        await sole.StartSiloAsync();
        RecordedRun run = new();
        List<Submission> acknowledged = [];
        for (int round = 0; round < 3; round++)
        {
            GatewayProcess gateway = await sole.StartGatewayAsync();
            if (round == 0) await run.AddSitesAsync(gateway.Admin, 1);
            foreach (Submission submission in acknowledged)
            {
                Assert.Equal(Verdict.Success, (await run.SendAsync(gateway.Public, submission)).Verdict);
                Assert.Equal(Verdict.Duplicate, (await run.SendAsync(gateway.Public, submission with { IdempotencyKey = "another" })).Verdict);
            }

            foreach (MintedToken token in await run.MintAsync(gateway.Admin, run.Sites[0], 20))
            {
                Submission submission = Submission.Of(token, $"in round {round}");
                Assert.Equal(Verdict.Success, (await run.SendAsync(gateway.Public, submission)).Verdict);
                acknowledged.Add(submission);
            }

            gateway.Kill();
            await gateway.EndedAsync();
        }
    }
}
