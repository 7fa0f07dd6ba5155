using CaptchaCluster.Redemption;
using CaptchaCluster.Storage.Postgres;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes.Postgres;
using static CaptchaCluster.Tests.Postgres.Server.TestSchema;

namespace CaptchaCluster.Tests.Postgres.Ledger;

[Collection(PostgresCollection.Name)]
public sealed class SchemaTests(PostgresFixture server)
{
    [FactWithPostgres]
    public async Task Ten_processes_that_start_at_once_make_one_schema()
    {
        string name = await server.NewSchemaAsync();
        PostgresOptions options = new() { ConnectionString = server.ConnectionString(name) };
        LedgerNode[] nodes = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => LedgerNode.OpenAsync(options))));
        Assert.All(nodes, node => Assert.True(node.Store.CanCommit));
        foreach (LedgerNode node in nodes) await node.DisposeAsync();
    }

    [FactWithPostgres]
    public async Task A_schema_of_a_newer_program_is_refused()
    {
        await using TestSchema schema = await CreateAsync(server);
        await schema.ExecuteAsync("UPDATE schema_version SET version = 99");
        DatabaseException refusal = await Assert.ThrowsAsync<DatabaseException>(() => PostgresDatabase.OpenAsync(schema.Options));
        Assert.Contains("version 99", refusal.Message);
        Assert.Equal(1, await schema.CountAsync("ledger"));
    }

    /// <summary>The role owns its schema and nothing else; where there is none it is told what to ask for.</summary>
    [FactWithPostgres]
    public async Task A_role_that_may_not_make_the_schema_is_told_what_to_run()
    {
        PostgresOptions options = new() { ConnectionString = server.ConnectionString("not_there") };
        DatabaseException refusal = await Assert.ThrowsAsync<DatabaseException>(() => PostgresDatabase.OpenAsync(options));
        Assert.Contains($"CREATE SCHEMA not_there AUTHORIZATION {PostgresServer.Role};", refusal.Message);
    }

    [TheoryWithPostgres]
    [InlineData("nonsense")]
    [InlineData("Database=x")]
    [InlineData("Host=/nowhere;Password=hunter2hunter2")]
    [InlineData("Host=/nowhere;Search Path=\"a;b\"")]
    public async Task A_connection_string_that_leads_nowhere_is_refused_without_showing_it(string text)
    {
        DatabaseException refusal = await Assert.ThrowsAsync<DatabaseException>(() => PostgresDatabase.OpenAsync(new PostgresOptions { ConnectionString = text }));
        Assert.Contains("Store:ConnectionString", refusal.Message);
        Assert.DoesNotContain("hunter2", refusal.ToString());
    }

    [FactWithPostgres]
    [Trait("Invariant", "I2")]
    public async Task What_a_role_or_a_database_sets_does_not_make_commits_volatile()
    {
        await using TestSchema schema = await CreateAsync(server);
        await schema.ExecuteAsync($"ALTER ROLE {PostgresServer.Role} SET synchronous_commit = off");
        try
        {
            await using PostgresDatabase database = await PostgresDatabase.OpenAsync(schema.Options);
            await using Npgsql.NpgsqlConnection connection = database.Open();
            await using Npgsql.NpgsqlCommand command = new("SHOW synchronous_commit", connection);
            Assert.Equal("on", await command.ExecuteScalarAsync());
        }
        finally
        {
            await schema.ExecuteAsync($"ALTER ROLE {PostgresServer.Role} RESET synchronous_commit");
        }
    }

    [TheoryWithPostgres]
    [InlineData("fsync=off")]
    [InlineData("full_page_writes=off")]
    [Trait("Invariant", "I2")]
    public async Task A_server_that_forgets_what_it_confirmed_is_refused_unless_that_is_wanted(string setting)
    {
        await using TestSchema schema = await CreateAsync(server);
        await server.KillAsync();
        await server.StartAsync(setting);
        try
        {
            DatabaseException refusal = await Assert.ThrowsAsync<DatabaseException>(() => PostgresDatabase.OpenAsync(schema.Options));
            Assert.Contains(setting, refusal.Message);
            Assert.Contains("Store:AllowVolatileServer", refusal.Message);
            await (await PostgresDatabase.OpenAsync(schema.Options with { AllowVolatileServer = true })).DisposeAsync();
        }
        finally
        {
            await server.KillAsync();
            await server.StartAsync();
        }
    }

    [FactWithPostgres]
    [Trait("Invariant", "I2")]
    public async Task What_was_recorded_is_there_after_the_server_was_killed()
    {
        await using TestSchema schema = await CreateAsync(server);
        LedgerNode node = await schema.OpenNodeAsync();
        RedemptionRequest[] batch = [.. Enumerable.Range(1, 200).Select(i => Ask(i, i))];
        Assert.All(await node.CommitAsync(batch), result => Assert.Equal(CommitStatus.Recorded, result.Status));
        await server.KillAsync();
        await Assert.ThrowsAsync<UnknownOutcomeException>(() => node.CommitAsync(Ask(1000, 1)));
        Assert.False(node.Store.CanCommit);
        await server.StartAsync();
        LedgerNode again = await schema.OpenNodeAsync();
        Assert.All(await again.CommitAsync(batch), result => Assert.Equal(CommitStatus.Existing, result.Status));
    }

    [FactWithPostgres]
    [Trait("Invariant", "I7")]
    public async Task A_horizon_from_the_future_stops_the_start()
    {
        await using TestSchema schema = await CreateAsync(server);
        LedgerNode node = await schema.OpenNodeAsync();
        await schema.ExecuteAsync($"UPDATE ledger SET horizon = {Start.Value + 901}");
        DatabaseException refusal = await Assert.ThrowsAsync<DatabaseException>(() => LedgerNode.OpenAsync(schema.Options));
        Assert.Contains("clock", refusal.Message);
    }
}
