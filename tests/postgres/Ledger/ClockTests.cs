using CaptchaCluster.Redemption;
using CaptchaCluster.Tests.Postgres.Server;
using static CaptchaCluster.Tests.Postgres.Server.TestSchema;

namespace CaptchaCluster.Tests.Postgres.Ledger;

/// <summary>A gateway whose clock is not the database's, which judges (I7).</summary>
[Collection(PostgresCollection.Name)]
[Trait("Invariant", "I7")]
public sealed class ClockTests(PostgresFixture server) : IAsyncLifetime
{
    private const long ADay = 86_400;

    private TestSchema schema = null!;
    private LedgerNode node = null!;

    public async Task InitializeAsync()
    {
        schema = await CreateAsync(server);
        node = await schema.OpenQuietNodeAsync();
    }

    public async Task DisposeAsync() => await schema.DisposeAsync();

    [TheoryWithPostgres]
    [InlineData(-ADay)]
    [InlineData(ADay)]
    public async Task Expiry_is_judged_by_the_databases_clock_whatever_the_gateways_says(long ahead)
    {
        node.Clock = Start + ahead;
        await schema.SetTimeAsync(Start + 99);
        Assert.Equal(CommitStatus.Recorded, Assert.Single(await node.CommitAsync(Ask(1, 1, expiresIn: 100))).Status);
        await schema.SetTimeAsync(Start + 100);
        Assert.Equal([CommitStatus.Existing, CommitStatus.Expired], (await node.CommitAsync(Ask(1, 1, expiresIn: 100), Ask(2, 1, expiresIn: 100))).Select(result => result.Status));
        Assert.Equal(Start + 99, Assert.Single(await node.CommitAsync(Ask(1, 1, expiresIn: 100))).At);
    }

    [FactWithPostgres]
    public async Task A_purge_by_a_clock_that_runs_ahead_forgets_nothing_that_the_database_calls_young()
    {
        RedemptionRequest spent = Ask(1, 1, expiresIn: 100);
        await node.CommitAsync(spent);
        long partitions = await schema.CountAsync("redemption_partition");
        UnixSeconds horizon = node.Store.Horizon;
        await node.Store.PurgeAsync(Start + ADay);
        Assert.Equal(partitions, await schema.CountAsync("redemption_partition"));
        Assert.InRange(node.Store.Horizon.Value, 0, Math.Max(horizon.Value, Start.Value - schema.Options.MaxClockSkewSeconds));
        CommitResult[] results = await node.CommitAsync(Ask(1, 2, expiresIn: 100), Ask(2, 2, expiresIn: 100));
        Assert.Equal([(CommitStatus.Existing, spent.Attempt), (CommitStatus.Recorded, Ask(2, 2).Attempt)], results.Select(result => (result.Status, result.Attempt)));

        // Once the database's clock has come that far it is forgotten, and stays spent by whatever clock.
        await schema.SetTimeAsync(Start + 1000);
        await node.Store.PurgeAsync(Start + ADay);
        Assert.Equal(0, await schema.CountAsync($"redemption_partition WHERE upper <= {Start.Value + 701}"));
        await schema.SetTimeAsync(Start);
        Assert.Equal(CommitStatus.Expired, Assert.Single(await node.CommitAsync(Ask(1, 2, expiresIn: 100))).Status);
    }

    [FactWithPostgres]
    public async Task A_purge_by_a_clock_that_runs_behind_forgets_nothing_that_it_calls_young()
    {
        await node.CommitAsync(Ask(1, 1, expiresIn: 100));
        await schema.SetTimeAsync(Start + 1000);
        await node.Store.PurgeAsync(Start + 99);
        Assert.Equal(CommitStatus.Existing, Assert.Single(await node.CommitAsync(Ask(1, 2, expiresIn: 100))).Status);
    }
}
