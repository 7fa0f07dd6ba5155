using CaptchaCluster.Silo.Clustering;
using CaptchaCluster.Storage.Postgres;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes.Postgres;
using Npgsql;
using static CaptchaCluster.Tests.Cluster.Membership.ProviderTable;

namespace CaptchaCluster.Tests.Cluster.Membership;

[Collection(PostgresCollection.Name)]
public sealed class MembershipSchemaTests(PostgresFixture server)
{
    [FactWithPostgres]
    public async Task Ten_processes_that_start_at_once_make_the_tables_once()
    {
        string schema = await server.NewSchemaAsync();
        string[] ways = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => OrleansMembershipSchema.EnsureAsync(server.ConnectionString(schema)))));
        Assert.Single(ways.Distinct());
        Assert.Equal(9L, await ScalarAsync(ways[0], "SELECT count(*) FROM OrleansQuery"));
    }

    /// <summary>A process that makes the ledger's tables and one that makes the cluster's may both be the first in a schema.</summary>
    [FactWithPostgres]
    public async Task The_ledger_and_the_cluster_share_a_schema_that_neither_found()
    {
        await server.ExecuteAsync($"GRANT CREATE ON DATABASE captchacluster TO {PostgresServer.Role}");
        try
        {
            for (int round = 0; round < 5; round++)
            {
                string way = server.ConnectionString($"shared_{round}");
                Task<PostgresDatabase> ledger = Task.Run(() => PostgresDatabase.OpenAsync(new PostgresOptions { ConnectionString = way }));
                Task<string> cluster = Task.Run(() => OrleansMembershipSchema.EnsureAsync(way));
                await (await ledger).DisposeAsync();
                Assert.Equal(1L, await ScalarAsync(await cluster, "SELECT count(*) FROM schema_version, orleans_schema_version"));
            }
        }
        finally
        {
            await server.ExecuteAsync($"REVOKE CREATE ON DATABASE captchacluster FROM {PostgresServer.Role}");
        }
    }

    [FactWithPostgres]
    public async Task A_second_start_keeps_what_is_there()
    {
        ProviderTable provider = await CreateAsync(server);
        Assert.True(await (await provider.OpenAsync()).InsertAsync(Entry(1), after: 0));
        Assert.Equal(provider.ConnectionString, await OrleansMembershipSchema.EnsureAsync(server.ConnectionString(provider.Schema)));
        Assert.Single((await (await provider.OpenAsync()).ReadAll()).Members);
    }

    [FactWithPostgres]
    public async Task What_is_in_the_way_is_named_and_nothing_is_left_behind()
    {
        string schema = await server.NewSchemaAsync();
        await server.ExecuteAsync($"CREATE TABLE {schema}.OrleansQuery (QueryKey text); ALTER TABLE {schema}.OrleansQuery OWNER TO {PostgresServer.Role}");
        DatabaseException refusal = await RefusedAsync(server.ConnectionString(schema));
        Assert.Contains("orleansquery", refusal.Message);
        Assert.Contains("Name another schema as Search Path", refusal.Message);
        Assert.Contains("Cluster:ConnectionString", refusal.Message);
        await server.ExecuteAsync($"DROP TABLE {schema}.OrleansQuery");
        Assert.Equal(9L, await ScalarAsync(await OrleansMembershipSchema.EnsureAsync(server.ConnectionString(schema)), "SELECT count(*) FROM OrleansQuery"));
    }

    [FactWithPostgres]
    public async Task Without_a_search_path_the_tables_are_in_the_default_schema()
    {
        await server.ExecuteAsync($"CREATE SCHEMA {PostgresOptions.DefaultSchema} AUTHORIZATION {PostgresServer.Role}");
        string way = new NpgsqlConnectionStringBuilder(server.ConnectionString("x")) { SearchPath = null }.ConnectionString;
        Assert.Equal(PostgresOptions.DefaultSchema, await ScalarAsync(await OrleansMembershipSchema.EnsureAsync(way), "SELECT current_schema()::text"));
        await server.ExecuteAsync($"DROP SCHEMA {PostgresOptions.DefaultSchema} CASCADE");
    }

    [FactWithPostgres]
    public async Task Tables_of_a_newer_program_are_refused()
    {
        ProviderTable provider = await CreateAsync(server);
        await provider.ExecuteAsync("UPDATE orleans_schema_version SET version = 99");
        DatabaseException refusal = await RefusedAsync(provider.ConnectionString);
        Assert.Contains("version 99", refusal.Message);
        Assert.Contains(provider.Schema, refusal.Message);
    }

    [FactWithPostgres]
    public async Task A_role_that_may_not_make_the_schema_is_told_what_to_run()
    {
        DatabaseException refusal = await RefusedAsync(server.ConnectionString("not_there"));
        Assert.Contains($"CREATE SCHEMA not_there AUTHORIZATION {PostgresServer.Role};", refusal.Message);
    }

    [FactWithPostgres]
    public async Task A_role_that_may_not_read_what_another_made_is_told_so()
    {
        ProviderTable provider = await CreateAsync(server);
        await server.ExecuteAsync("CREATE ROLE stranger LOGIN");
        DatabaseException refusal = await RefusedAsync(new NpgsqlConnectionStringBuilder(provider.ConnectionString) { Username = "stranger" }.ConnectionString);
        Assert.Contains("'stranger'", refusal.Message);
        Assert.Contains("Cluster:ConnectionString", refusal.Message);
    }

    /// <summary>As docs/cluster.md has it.</summary>
    [FactWithPostgres]
    public async Task A_gateway_needs_to_read_four_tables_and_nothing_else()
    {
        ProviderTable provider = await CreateAsync(server);
        Assert.True(await (await provider.OpenAsync()).InsertAsync(Entry(1, SiloStatus.Active), after: 0));
        await provider.ExecuteAsync(
            $"CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA {provider.Schema} TO reader; GRANT SELECT ON orleans_schema_version, orleansquery, orleans_cluster, orleans_silo TO reader");
        string way = await OrleansMembershipSchema.EnsureAsync(new NpgsqlConnectionStringBuilder(server.ConnectionString(provider.Schema)) { Username = "reader" }.ConnectionString);
        Assert.Equal(await provider.GatewaysAsync(), await provider.GatewaysAsync(way: way));
        Assert.Single(await provider.GatewaysAsync(way: way));
        await Assert.ThrowsAsync<PostgresException>(() => ScalarAsync(way, "DELETE FROM orleans_silo"));
    }

    [TheoryWithPostgres]
    [InlineData("nonsense")]
    [InlineData("Database=x")]
    [InlineData("Host=/nowhere;Password=hunter2hunter2")]
    [InlineData("Host=/nowhere;Search Path=\"a;b\"")]
    public async Task A_connection_string_that_leads_nowhere_is_refused_without_showing_it(string text)
    {
        DatabaseException refusal = await Assert.ThrowsAsync<DatabaseException>(() => OrleansMembershipSchema.EnsureAsync(text, "Some:Setting"));
        Assert.Contains("Some:Setting", refusal.Message);
        Assert.DoesNotContain("hunter2", refusal.ToString());
    }

    [FactWithPostgres]
    public async Task What_a_role_sets_changes_neither_durability_nor_isolation()
    {
        ProviderTable provider = await CreateAsync(server);
        await server.ExecuteAsync($"ALTER ROLE {PostgresServer.Role} SET synchronous_commit = off; ALTER ROLE {PostgresServer.Role} SET default_transaction_isolation = 'serializable'");
        try
        {
            NpgsqlConnection.ClearAllPools();
            const string read = "SELECT current_setting('synchronous_commit') || ', ' || current_setting('transaction_isolation')";
            Assert.Equal("on, read committed", await ScalarAsync(provider.ConnectionString, read));
        }
        finally
        {
            await server.ExecuteAsync($"ALTER ROLE {PostgresServer.Role} RESET ALL");
        }
    }

    [FactWithPostgres]
    public async Task What_was_changed_is_there_after_the_server_was_killed()
    {
        ProviderTable provider = await CreateAsync(server);
        IMembershipTable table = await provider.OpenAsync();
        for (int i = 0; i < 20; i++) Assert.True(await table.InsertAsync(Entry(i + 1), after: i));
        await server.KillAsync();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => table.InsertAsync(Entry(99), after: 20));
        await server.StartAsync();
        MembershipTableData read = await (await provider.OpenAsync()).ReadAll();
        Assert.Equal((20, 20), (read.Version.Version, read.Members.Count));
    }

    private static Task<DatabaseException> RefusedAsync(string connectionString) =>
        Assert.ThrowsAsync<DatabaseException>(() => OrleansMembershipSchema.EnsureAsync(connectionString));

    private static async Task<object?> ScalarAsync(string connectionString, string text)
    {
        await using NpgsqlConnection connection = new(connectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(text, connection);
        return await command.ExecuteScalarAsync();
    }
}
