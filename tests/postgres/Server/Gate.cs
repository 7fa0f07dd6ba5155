using Npgsql;

namespace CaptchaCluster.Tests.Postgres.Server;

/// <summary>What is inserted into a table, or is about to be committed there, passes it; a test that has closed it decides when.</summary>
internal sealed class Gate(TestSchema schema)
{
    private const int Lock = 4711;

    /// <summary>Before each row that is inserted.</summary>
    public Task BeforeInsertsIntoAsync(string table) => CreateAsync($"CREATE TRIGGER gate BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION gate()");

    /// <summary>Before each row but the first that a transaction inserts.</summary>
    public Task BeforeFurtherInsertsIntoAsync(string table) => CreateAsync(
        $"CREATE TRIGGER gate BEFORE INSERT ON {table} FOR EACH ROW WHEN (pg_current_xact_id_if_assigned() IS NOT NULL) EXECUTE FUNCTION gate()");

    /// <summary>At the end of each transaction that has inserted a row for which this holds.</summary>
    public Task BeforeCommitsToAsync(string table, string condition) => CreateAsync(
        $"CREATE CONSTRAINT TRIGGER gate AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION gate()");

    /// <summary>Until the connection that it returns is closed.</summary>
    public async Task<NpgsqlConnection> CloseAsync()
    {
        NpgsqlConnection connection = await schema.OpenAsync();
        await using NpgsqlCommand command = new($"SELECT pg_advisory_lock({Lock})", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>How many stand before it.</summary>
    public Task<long> WaitingAsync() => schema.CountAsync($"pg_locks WHERE locktype = 'advisory' AND objid = {Lock} AND NOT granted");

    private Task CreateAsync(string trigger) => schema.ExecuteAsync($"""
        CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock_shared({Lock}); RETURN NEW; END';
        {trigger}
        """);
}
