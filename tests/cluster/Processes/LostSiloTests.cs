using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Cluster.Processes;

[Collection(PostgresCollection.Name)]
public sealed class LostSiloTests(PostgresFixture server)
{
    private const int Seed = 20_261_121;
    private const int Callers = 8;

    [FactWithPostgres]
    [Trait("Invariant", "I1")]
    public async Task When_a_silo_is_killed_the_others_go_on_and_every_token_stays_redeemed_once()
    {
        await using Run of = await Run.StartAsync(server);
        await of.Load.MoreAsync(300);
        of.History.MarkFault("kill a silo");
        of.Silos[0].Kill();
        await of.Silos[0].EndedAsync();
        of.History.MarkFault("kill a silo", healed: true);
        await of.Load.MoreAsync(300);
        await of.EndAsync();
    }

    /// <summary>
    /// It does not know that it was voted dead while it stood still. What it answers when it goes on rests on the ledger as all
    /// else does.
    /// </summary>
    [FactWithPostgres]
    [Trait("Invariant", "I1")]
    public async Task A_silo_that_hangs_is_left_out_and_when_it_goes_on_it_redeems_nothing_twice()
    {
        await using Run of = await Run.StartAsync(server);
        await of.Load.MoreAsync(300);
        MintedToken[] tokens = await of.MintAsync(500); // before: a mint asks some silo to log it, which may be the one that hangs
        of.History.MarkFault("stop a silo");
        of.Silos[0].Pause();

        await of.AllShardsAnswerAsync(tokens);
        of.Silos[0].Continue();
        of.History.MarkFault("stop a silo", healed: true);
        await of.Load.MoreAsync(300);
        await of.EndAsync();
    }

    private sealed class Run : IAsyncDisposable
    {
        private readonly ClusterProcesses cluster;
        private readonly Traffic traffic = new();
        private GatewayProcess[] gateways = [];

        private Run(ClusterProcesses cluster)
        {
            this.cluster = cluster;
            Load = new ClusterLoad(History, traffic);
        }

        public RecordedRun History { get; } = new();

        public ClusterLoad Load { get; }

        public GatewayProcess[] Silos { get; private set; } = [];

        public static async Task<Run> StartAsync(PostgresFixture server)
        {
            Run run = new(new ClusterProcesses(server, await server.NewSchemaAsync()));
            run.Silos = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => run.cluster.StartSiloAsync(ClusterProcesses.NewPorts())));
            run.gateways = await Task.WhenAll(run.cluster.StartGatewayAsync(), run.cluster.StartGatewayAsync());
            await run.History.AddSitesAsync(run.gateways[0].Admin, 2);
            run.traffic.Add(await run.History.MintAsync(run.gateways[1].Admin, 3000));
            run.Load.Route(run.gateways);
            run.Load.Start(Callers, Seed);
            return run;
        }

        /// <summary>What stayed undecided is asked again until it is settled, and what was acknowledged is so still.</summary>
        public async Task EndAsync()
        {
            await Load.StopAsync();
            Assert.Empty(Load.Failed);
            foreach (Submission submission in traffic.Undecided) Assert.False((await AskAsync(submission.Again())).Verdict == Verdict.Unknown);
            foreach (Submission submission in traffic.Acknowledged.Take(100))
                Assert.Equal(Verdict.Duplicate, (await AskAsync(submission.Again() with { IdempotencyKey = traffic.NewKey() })).Verdict);
            CheckReport report = HistoryChecker.Check(History.Snapshot());
            Assert.True(report.IsClean, report.ToString());
        }

        public Task<MintedToken[]> MintAsync(int count) => History.MintAsync(gateways[0].Admin, History.Sites[0], count);

        /// <summary>Of so many tokens every shard has some.</summary>
        public async Task AllShardsAnswerAsync(MintedToken[] tokens)
        {
            int inARow = 0;
            foreach (MintedToken token in tokens)
            {
                Answer answer = await History.SendAsync(gateways[inARow % 2].Public, Submission.Of(token, null));
                inARow = answer.Verdict == Verdict.Success ? inARow + 1 : 0;
                if (inARow == 150) return;
            }

            Assert.Fail($"After {tokens.Length} tokens some shards do not answer; the last {inARow} did.");
        }

        public ValueTask DisposeAsync() => cluster.DisposeAsync();

        private async Task<Answer> AskAsync(Submission submission)
        {
            for (int attempt = 1; ; attempt++)
            {
                Answer answer = await History.SendAsync(gateways[attempt % 2].Public, submission);
                if (answer.Verdict != Verdict.Unknown || attempt == 20) return answer;
            }
        }
    }
}
