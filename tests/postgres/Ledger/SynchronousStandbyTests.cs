using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.Audit;
using CaptchaCluster.Storage.Management;
using CaptchaCluster.Storage.Postgres;
using CaptchaCluster.Tests.Postgres.Server;
using static CaptchaCluster.Tests.Postgres.Server.TestSchema;

namespace CaptchaCluster.Tests.Postgres.Ledger;

/// <summary>
/// A server that is to wait for a standby, and the standby is not there. Where that wait is cancelled the server says
/// "committed", with a warning: the row is on its own disk, and gone after a failover.
/// </summary>
[Collection(PostgresCollection.Name)]
public sealed class SynchronousStandbyTests(PostgresFixture server) : IAsyncLifetime
{
    private const string Waiting = "pg_stat_activity WHERE wait_event = 'SyncRep'";

    private TestSchema schema = null!;

    public async Task InitializeAsync() => schema = await CreateAsync(server);

    public async Task DisposeAsync()
    {
        await RequireStandbyAsync(isRequired: false);
        await schema.DisposeAsync();
    }

    [FactWithPostgres]
    [Trait("Invariant", "I5")]
    public async Task A_redemption_whose_standby_did_not_confirm_it_is_unknown_and_no_success()
    {
        LedgerNode node = await schema.OpenNodeAsync(schema.Options with { UpkeepInterval = TimeSpan.FromMilliseconds(100) });
        await RequireStandbyAsync(isRequired: true);
        (Task<CommitResult[]> committing, int last) = await FirstThatWaitsAsync(i => node.CommitAsync(Ask(i, 1)));
        await CancelWaitsAsync(committing);
        await Assert.ThrowsAsync<UnknownOutcomeException>(() => committing);
        Assert.Equal(last, await schema.CountAsync("redemption")); // the server itself calls it done

        // What can only be committed in the same way does not make it ready again.
        await Until.HoldsAsync(async () => await schema.CountAsync(Waiting) > 0);
        await schema.ExecuteAsync($"SELECT pg_cancel_backend(pid) FROM {Waiting}");
        await Until.HoldsAsync(async () => await schema.CountAsync(Waiting) > 0);
        Assert.False(node.Store.CanCommit);

        await RequireStandbyAsync(isRequired: false);
        await Until.HoldsAsync(() => node.Store.CanCommit);
        CommitResult found = Assert.Single(await node.CommitAsync(Ask(last, 1)));
        Assert.Equal((CommitStatus.Existing, Ask(last, 1).Attempt), (found.Status, found.Attempt));
    }

    /// <summary>The row of a redemption whose wait was cancelled can be seen by everybody, and may still be lost.</summary>
    [FactWithPostgres]
    [Trait("Invariant", "I2")]
    public async Task What_no_standby_has_confirmed_is_no_success_at_another_gateway_either()
    {
        LedgerNode one = await schema.OpenNodeAsync(), other = await schema.OpenNodeAsync();
        await RequireStandbyAsync(isRequired: true);
        (Task<CommitResult[]> committing, int last) = await FirstThatWaitsAsync(i => one.CommitAsync(Ask(i, 1)));
        await CancelWaitsAsync(committing);
        await Assert.ThrowsAsync<UnknownOutcomeException>(() => committing);

        committing = other.CommitAsync(Ask(last, 1));
        await Until.HoldsAsync(async () => committing.IsCompleted || await schema.CountAsync(Waiting) > 0);
        Assert.False(committing.IsCompleted);
        await CancelWaitsAsync(committing);
        await Assert.ThrowsAsync<UnknownOutcomeException>(() => committing);

        await RequireStandbyAsync(isRequired: false);
        LedgerNode third = await schema.OpenNodeAsync();
        Assert.Equal([CommitStatus.Existing], (await third.CommitAsync(Ask(last, 1))).Select(result => result.Status));
    }

    /// <summary>After a failover there might be no floor, and the tokens of before would be good again.</summary>
    [FactWithPostgres]
    [Trait("Invariant", "I2")]
    public async Task A_restored_start_whose_floor_no_standby_has_confirmed_is_refused()
    {
        await schema.OpenNodeAsync(); // makes the partitions
        await schema.ExecuteAsync("INSERT INTO management_token VALUES ('12345678', 't', 1, sha256(''))");
        await RequireStandbyAsync(isRequired: true);
        PostgresOptions restored = schema.Options with { Restored = true };
        (Task<LedgerNode> starting, _) = await FirstThatWaitsAsync(_ => schema.OpenNodeAsync(restored));
        await CancelWaitsAsync(starting);
        DatabaseException refusal = await Assert.ThrowsAsync<DatabaseException>(() => starting);
        Assert.Contains("canceling wait for synchronous replication", refusal.Message);

        await using PostgresDatabase database = await PostgresDatabase.OpenAsync(restored);
        Task<PostgresManagementTokens> emptying = Task.Run(() => PostgresManagementTokens.OpenAsync(database));
        await CancelWaitsAsync(emptying);
        refusal = await Assert.ThrowsAsync<DatabaseException>(() => emptying);
        Assert.Contains("canceling wait for synchronous replication", refusal.Message);
    }

    [FactWithPostgres]
    [Trait("Invariant", "I8")]
    public async Task A_rotation_whose_standby_did_not_confirm_it_is_unknown()
    {
        await schema.ExecuteAsync("DELETE FROM site");
        await using PostgresDatabase database = await PostgresDatabase.OpenAsync(schema.Options);
        SiteDirectory directory = new([]);
        SiteRegistry registry = new(directory, new PostgresSiteStore(database), TimeProvider.System);
        (Site site, _) = await registry.CreateAsync(new SitePolicy { Name = "a site", TokenTtlSeconds = 600 });
        await RequireStandbyAsync(isRequired: true);
        (Task<RotationResult> rotating, int last) = await FirstThatWaitsAsync(
            i => Task.Run(() => registry.RotateAsync(site.Key, new RotationRequest(true, $"rotation-that-has-the-number-{i}"))));
        await CancelWaitsAsync(rotating);
        await Assert.ThrowsAsync<UnknownOutcomeException>(() => rotating);
        Assert.True(directory.TryGet(site.Key, out Site known));
        Assert.Equal(last, known.Generation.Value); // as it was before the last

        // Its id brings its reply once that is confirmed, and not before.
        RotationRequest same = new(true, $"rotation-that-has-the-number-{last}");
        rotating = Task.Run(() => registry.RotateAsync(site.Key, same));
        await Until.HoldsAsync(async () => rotating.IsCompleted || await schema.CountAsync(Waiting) > 0);
        await CancelWaitsAsync(rotating);
        await Assert.ThrowsAsync<UnknownOutcomeException>(() => rotating);
        await RequireStandbyAsync(isRequired: false);
        RotationResult again = await registry.RotateAsync(site.Key, same);
        Assert.Equal(last + 1, Assert.IsType<RotationResult.Rotated>(again).Generation.Value);
    }

    [FactWithPostgres]
    [Trait("Invariant", "I2")]
    public async Task What_an_administrator_did_and_no_standby_has_confirmed_is_not_called_done()
    {
        await using PostgresDatabase database = await PostgresDatabase.OpenAsync(schema.Options);
        PostgresAuditLog log = new(database, "a:1");
        PostgresManagementTokens tokens = await PostgresManagementTokens.OpenAsync(database);
        AuditEntry entry = new() { Time = Start, Action = "site.create" };
        await RequireStandbyAsync(isRequired: true);
        (Task<long> telling, _) = await FirstThatWaitsAsync(_ => log.AppendAsync(entry));
        await CancelWaitsAsync(telling);
        await Assert.ThrowsAsync<IOException>(() => telling);
        Task<bool> adding = Task.Run(() => tokens.TryAddAsync(new ManagementToken("12345678", "t", Start, [.. new byte[32]]), 1).AsTask());
        await CancelWaitsAsync(adding);
        await Assert.ThrowsAsync<UnknownOutcomeException>(() => adding);
    }

    private async Task RequireStandbyAsync(bool isRequired)
    {
        await server.ExecuteAsync(isRequired ? "ALTER SYSTEM SET synchronous_standby_names = 'nobody'" : "ALTER SYSTEM RESET synchronous_standby_names");
        await server.ExecuteAsync("SELECT pg_reload_conf()"); // takes effect a little later
    }

    /// <summary>From number 1 on; those before were over before the server required a standby.</summary>
    private async Task<(Task<T> Waiting, int Number)> FirstThatWaitsAsync<T>(Func<int, Task<T>> commit)
    {
        for (int i = 1; ; i++)
        {
            Task<T> committing = commit(i);
            await Until.HoldsAsync(async () => committing.IsCompleted || await schema.CountAsync(Waiting) > 0);
            if (!committing.IsCompleted) return (committing, i);
            await committing;
        }
    }

    private Task CancelWaitsAsync(Task committing) => Until.HoldsAsync(async () =>
    {
        await schema.ExecuteAsync($"SELECT pg_cancel_backend(pid) FROM {Waiting}");
        return committing.IsCompleted;
    });
}
