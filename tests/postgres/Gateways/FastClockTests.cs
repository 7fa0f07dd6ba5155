using CaptchaCluster.Tests.Chaos.Node;
using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;
using CaptchaCluster.Tests.Processes.Postgres;
using Npgsql;

namespace CaptchaCluster.Tests.Postgres.Gateways;

/// <summary>One gateway whose clock ran ahead before it was started, so that it knows no other time, beside one with the right time.</summary>
[Collection(PostgresCollection.Name)]
public sealed class FastClockTests(PostgresFixture server)
{
    [FactWithFakeClock]
    [Trait("Invariant", "I7")]
    public async Task It_forgets_nothing_that_the_others_still_need()
    {
        string schema = await server.NewSchemaAsync();
        using TestDirectory folder = new();
        FakeClock clock = new(folder.Root);
        clock.Set(TimeSpan.FromHours(6));
        await using SharedGateways gateways = new(server, schema);
        GatewayProcess right = await gateways.StartAsync();
        RecordedRun run = new();
        await run.AddSitesAsync(right.Admin, 1);
        MintedToken[] tokens = await run.MintAsync(right.Admin, run.Sites[0], 2);
        Assert.Equal(Verdict.Success, (await run.SendAsync(right.Public, Submission.Of(tokens[0], "first"))).Verdict);
        object partitions = await AskAsync("SELECT count(*) FROM redemption_partition");

        await gateways.StartAsync(clock.Environment);
        for (int purge = 0; purge < 3; purge++) await PurgedAsync();
        Assert.Equal(partitions, await AskAsync("SELECT count(*) FROM redemption_partition"));
        Assert.Equal(Verdict.Success, (await run.SendAsync(right.Public, Submission.Of(tokens[0], "first"))).Verdict);
        Assert.Equal(Verdict.Duplicate, (await run.SendAsync(right.Public, Submission.Of(tokens[0], "second"))).Verdict);
        Assert.Equal(Verdict.Success, (await run.SendAsync(right.Public, Submission.Of(tokens[1], null))).Verdict);
        CheckReport report = HistoryChecker.Check(run.Snapshot());
        Assert.True(report.IsClean, report.ToString());

        // Each purge that is due by its gateway's clock writes the ledger's row anew; to the other gateway none is due.
        async Task PurgedAsync()
        {
            const string version = "SELECT xmin::text FROM ledger";
            object before = await AskAsync(version);
            await Until.HoldsAsync(async () => !before.Equals(await AskAsync(version)));
        }

        async Task<object> AskAsync(string text)
        {
            await using NpgsqlConnection connection = await server.OpenAsync(schema);
            await using NpgsqlCommand command = new(text, connection);
            return (await command.ExecuteScalarAsync())!;
        }
    }

    private sealed class FactWithFakeClockAttribute : FactAttribute
    {
        public FactWithFakeClockAttribute() => Skip = PostgresServer.WhyNot ?? FakeClock.WhyNot;
    }
}
