using System.Net;
using CaptchaCluster.Redemption;
using CaptchaCluster.Storage.Postgres;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes.Postgres;
using Npgsql;
using static CaptchaCluster.Tests.Postgres.Server.TestSchema;

namespace CaptchaCluster.Tests.Postgres.Ledger;

/// <summary>What a store makes of a connection that ends at the worst moment.</summary>
[Collection(PostgresCollection.Name)]
public sealed class LostConnectionTests(PostgresFixture server) : IAsyncLifetime
{
    private TestSchema schema = null!;
    private Gate gate = null!;
    private CuttingProxy proxy = null!;
    private LedgerNode node = null!;

    public async Task InitializeAsync()
    {
        schema = await TestSchema.CreateAsync(server);
        gate = new Gate(schema);
        proxy = new CuttingProxy(server.SocketPath);
        node = await schema.OpenNodeAsync(Through(proxy.EndPoint));
        await node.CommitAsync(Ask(999, 9)); // its session is there
    }

    public async Task DisposeAsync()
    {
        await schema.DisposeAsync();
        await proxy.DisposeAsync();
    }

    [TheoryWithPostgres]
    [InlineData(Cut.BeforeItIsSent)]
    [InlineData(Cut.WhileItRuns)]
    [InlineData(Cut.AfterItsRows)]
    [InlineData(Cut.BeforeItsReply)]
    [Trait("Invariant", "I4")]
    public async Task A_commit_whose_acknowledgement_was_lost_is_settled_by_asking_again(Cut cut)
    {
        proxy.Plan(cut);
        RedemptionRequest[] batch = [.. Enumerable.Range(1, 50).Select(i => Ask(i + 10, i))];
        CommitResult[] results = await node.CommitAsync(batch);
        for (int i = 0; i < batch.Length; i++)
        {
            Assert.True(results[i].Status is CommitStatus.Recorded or CommitStatus.Existing, $"{results[i]}");
            Assert.Equal(batch[i].Attempt, results[i].Attempt);
        }

        Assert.Equal(51, await schema.CountAsync("redemption"));
        LedgerNode other = await schema.OpenNodeAsync();
        Assert.All(await other.CommitAsync(batch), result => Assert.Equal(CommitStatus.Existing, result.Status));
    }

    /// <summary>The insert that was lost still runs, and the site was rotated meanwhile: to say "retired" would deny what lands a moment later.</summary>
    [TheoryWithPostgres]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Invariant", "I5")]
    public async Task While_a_lost_insert_may_still_land_its_absence_proves_nothing(bool isRotated)
    {
        await gate.BeforeInsertsIntoAsync("redemption");
        await using NpgsqlConnection closed = await gate.CloseAsync();
        proxy.Plan(Cut.WhileItRuns);
        TaskCompletionSource changed = new();
        proxy.Hold = changed.Task;
        Task<CommitResult[]> committing = node.CommitAsync(Ask(1, 1));
        await Until.HoldsAsync(async () => await gate.WaitingAsync() >= 1);
        if (isRotated) await schema.RotateAsync(2);
        else await schema.SetTimeAsync(Start + 600);
        changed.SetResult();
        Assert.Equal(CommitStatus.Unknown, Assert.Single(await committing.WaitAsync(Until.Patience)).Status);
        await closed.CloseAsync();

        // It had begun before the rotation, so it was right to land; the retry with the new secret finds it.
        await Until.HoldsAsync(async () => await schema.CountAsync("redemption") == 2);
        CommitResult[] results = await node.CommitAsync(Ask(1, 1, generation: isRotated ? 2 : 1));
        Assert.Equal((CommitStatus.Existing, Ask(1, 1).Attempt), (results[0].Status, results[0].Attempt));
    }

    /// <summary>The one that was lost waits at the gate, the one that is issued again waits for nothing: whoever is first wins, and there is one row.</summary>
    [FactWithPostgres]
    [Trait("Invariant", "I1")]
    public async Task An_insert_that_is_issued_again_beside_the_lost_one_records_once()
    {
        await gate.BeforeInsertsIntoAsync("redemption");
        await using NpgsqlConnection closed = await gate.CloseAsync();
        proxy.Plan(Cut.WhileItRuns);
        Task<CommitResult[]> committing = node.CommitAsync(Ask(1, 1), Ask(2, 1), Ask(3, 1));
        await Until.HoldsAsync(async () => await gate.WaitingAsync() >= 2);
        await closed.CloseAsync();
        Assert.All(await committing.WaitAsync(Until.Patience), result => Assert.Equal(Ask(1, 1).Attempt, result.Attempt));
        Assert.Equal(4, await schema.CountAsync("redemption"));
    }

    /// <summary>The server sends the rows of an insert before it commits: they are no acknowledgement.</summary>
    [FactWithPostgres]
    [Trait("Invariant", "I2")]
    public async Task Rows_of_an_insert_whose_commit_fails_are_no_redemptions()
    {
        await schema.ExecuteAsync("""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not today''; END';
            CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON redemption DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
            CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON ledger DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()
            """);
        await Assert.ThrowsAsync<UnknownOutcomeException>(() => node.CommitAsync(Ask(1, 1)));
        Assert.Equal(1, await schema.CountAsync("redemption"));
        Assert.False(node.Store.CanCommit);
        await schema.ExecuteAsync("DROP TRIGGER refuse ON redemption; DROP TRIGGER refuse ON ledger");
        await Until.HoldsAsync(() => node.Store.CanCommit);
        Assert.Equal(CommitStatus.Recorded, Assert.Single(await node.CommitAsync(Ask(1, 1))).Status);
    }

    /// <summary>Of a server that says so Npgsql lets go, as it does of one that is gone.</summary>
    [TheoryWithPostgres]
    [InlineData("disk_full")]
    [InlineData("out_of_memory")]
    [InlineData("io_error")]
    [Trait("Invariant", "I9")]
    public async Task A_server_in_need_grants_nothing_and_is_used_again_once_it_is_over(string need)
    {
        await schema.ExecuteAsync($"""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not now'' USING ERRCODE = ''{need}''; END';
            CREATE TRIGGER refuse BEFORE INSERT ON redemption FOR EACH ROW EXECUTE FUNCTION refuse();
            CREATE TRIGGER refuse BEFORE UPDATE ON ledger FOR EACH ROW EXECUTE FUNCTION refuse()
            """);
        await Assert.ThrowsAsync<UnknownOutcomeException>(() => node.CommitAsync(Ask(1, 1)));
        Assert.False(node.Store.CanCommit);
        await schema.ExecuteAsync("DROP TRIGGER refuse ON redemption; DROP TRIGGER refuse ON ledger");
        await Until.HoldsAsync(() => node.Store.CanCommit);
        Assert.Equal(CommitStatus.Recorded, Assert.Single(await node.CommitAsync(Ask(1, 1))).Status);
    }

    [FactWithPostgres]
    [Trait("Invariant", "I9")]
    public async Task A_lost_database_ends_readiness_and_its_return_brings_it_back()
    {
        RedemptionRequest[] known = [Ask(1, 1)];
        await node.CommitAsync(known);
        proxy.IsDown = true;
        proxy.Plan(Cut.BeforeItIsSent);
        await Assert.ThrowsAsync<UnknownOutcomeException>(() => node.CommitAsync(Ask(2, 1)));
        Assert.False(node.Store.CanCommit);
        proxy.IsDown = false;
        await Until.HoldsAsync(() => node.Store.CanCommit);
        Assert.Equal([CommitStatus.Existing, CommitStatus.Recorded], (await node.CommitAsync(Ask(1, 2), Ask(2, 1))).Select(result => result.Status));
    }

    /// <summary>That it answers, and writes elsewhere, is not enough: each commit would fail, between two promises that all is well.</summary>
    [FactWithPostgres]
    [Trait("Invariant", "I9")]
    public async Task A_database_that_does_not_let_us_record_is_out_of_reach_until_it_does()
    {
        await schema.ExecuteAsync("ALTER TABLE redemption OWNER TO postgres");
        await Assert.ThrowsAsync<UnknownOutcomeException>(() => node.CommitAsync(Ask(1, 1)));
        long failures = await FailuresAsync();
        await Until.HoldsAsync(async () => await FailuresAsync() >= failures + 3); // the upkeep looks again and again
        Assert.False(node.Store.CanCommit);
        await schema.ExecuteAsync($"ALTER TABLE redemption OWNER TO {PostgresServer.Role}");
        await Until.HoldsAsync(() => node.Store.CanCommit);
        Assert.Equal(CommitStatus.Recorded, Assert.Single(await node.CommitAsync(Ask(1, 1))).Status);

        // Transactions that were rolled back.
        Task<long> FailuresAsync() => schema.CountAsync("generate_series(1, (SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()))");
    }

    private PostgresOptions Through(IPEndPoint way) => schema.Options with
    {
        ConnectionString = PostgresServer.ConnectionString(schema.Name, way),
        UpkeepInterval = TimeSpan.FromMilliseconds(100),
    };
}
