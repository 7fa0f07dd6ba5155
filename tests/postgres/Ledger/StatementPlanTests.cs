using CaptchaCluster.Storage.Postgres;
using CaptchaCluster.Tests.Postgres.Server;
using Npgsql;
using NpgsqlTypes;

namespace CaptchaCluster.Tests.Postgres.Ledger;

/// <summary>How the server goes about the statements of the ledger, on the connections that they run on.</summary>
[Collection(PostgresCollection.Name)]
public sealed class StatementPlanTests(PostgresFixture server) : IAsyncLifetime
{
    private TestSchema schema = null!;

    public async Task InitializeAsync() => schema = await TestSchema.CreateAsync(server);

    public async Task DisposeAsync() => await schema.DisposeAsync();

    /// <summary>However dear the planner believes a statement to be: to be compiled costs a statement a thousand times what it costs to run it; so does a scan of what is spent, one day.</summary>
    [TheoryWithPostgres]
    [InlineData(nameof(RedemptionStatements.Insert))]
    [InlineData(nameof(RedemptionStatements.Classify))]
    [InlineData(nameof(RedemptionStatements.Peek))]
    public async Task Statements_are_neither_compiled_nor_scan_a_table(string name)
    {
        await schema.OpenNodeAsync(); // makes the partitions
        await using PostgresDatabase database = await PostgresDatabase.OpenAsync(schema.Options);
        await using NpgsqlConnection connection = database.Open();
        foreach (string mode in new[] { "force_custom_plan", "force_generic_plan" })
        {
            string plan = await ExplainAsync(connection, name, mode);
            Assert.Contains("Execution Time", plan);
            Assert.DoesNotContain("JIT", plan);
            Assert.DoesNotContain("Seq Scan", plan.Replace("Seq Scan on test_clock", "", StringComparison.Ordinal));
        }
    }

    private static async Task<string> ExplainAsync(NpgsqlConnection connection, string name, string mode)
    {
        await using (NpgsqlCommand set = new($"SET plan_cache_mode = {mode}; SET jit_above_cost = 0", connection)) await set.ExecuteNonQueryAsync();
        (string text, int arrays) = name switch
        {
            nameof(RedemptionStatements.Insert) => (RedemptionStatements.Insert, 5),
            nameof(RedemptionStatements.Classify) => (RedemptionStatements.Classify, 5),
            _ => (RedemptionStatements.Peek, 4),
        };
        Guid[] names = [.. Enumerable.Range(0, 200).Select(i => new Guid(i, 1, 1, new byte[8]))];
        await using NpgsqlCommand explain = new($"EXPLAIN (ANALYZE) {text}", connection);
        object[] parameters = [names, Of(TestSchema.Start.Value + 60), Of(PostgresId.Of(TestSchema.Site)), Of(1), names];
        foreach (object parameter in parameters[..arrays]) explain.Parameters.AddWithValue(parameter);
        if (name == nameof(RedemptionStatements.Insert)) explain.Parameters.AddWithValue(NpgsqlDbType.Bigint, 0L);
        await using NpgsqlDataReader reader = await explain.ExecuteReaderAsync();
        List<string> lines = [];
        while (await reader.ReadAsync()) lines.Add(reader.GetString(0));
        return string.Join('\n', lines);

        T[] Of<T>(T value) => [.. Enumerable.Repeat(value, names.Length)];
    }
}
