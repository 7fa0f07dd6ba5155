using System.Globalization;
using Npgsql;

namespace CaptchaCluster.Storage.Postgres;

/// <summary>
/// Makes and migrates tables that belong together. All of it happens in one transaction under an advisory lock: of any number
/// of processes that start at once one does it, and a crash leaves what was there before. A role that owns the schema suffices.
/// </summary>
/// <param name="address">The schema, which other such tables may share.</param>
/// <param name="versionTable">Where their version is kept.</param>
/// <param name="scripts">Each brings them from the version of its index to the next. What was released is never changed.</param>
internal sealed class SchemaMigrations(PostgresAddress address, string versionTable, IReadOnlyList<string> scripts)
{
    /// <exception cref="DatabaseException">The role may not, a newer program was here, or something is in the way; the message says what to do.</exception>
    public async Task EnsureAsync(NpgsqlConnection connection)
    {
        try
        {
            if (await ReadVersionAsync(connection) != scripts.Count) await MigrateAsync(connection);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new DatabaseException(
                $"The role '{address.Role}' of {address.Setting} may not keep tables in schema '{address.Schema}': {exception.MessageText}. "
                + $"Let an administrator run: CREATE SCHEMA {address.Schema} AUTHORIZATION {address.Role}; or, where it is there, make the role its owner.",
                exception);
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.DuplicateTable or PostgresErrorCodes.DuplicateFunction)
        {
            throw new DatabaseException(
                $"Schema '{address.Schema}' holds what this program makes itself, and did not make: {exception.MessageText}. "
                + $"Name another schema as Search Path in {address.Setting}, or drop what is in the way.",
                exception);
        }
    }

    private async Task MigrateAsync(NpgsqlConnection connection)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, "SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = '120s'");
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock(hashtextextended('captchacluster schema {address.Schema}', 0))");
        int found = await ReadVersionAsync(connection);
        if (found == scripts.Count) return;
        if (found == 0) await CreateAsync(connection);
        foreach (string script in scripts.Skip(found)) await ExecuteAsync(connection, script);
        await ExecuteAsync(connection, string.Create(CultureInfo.InvariantCulture, $"UPDATE {versionTable} SET version = {scripts.Count}"));
        await transaction.CommitAsync();
    }

    private async Task CreateAsync(NpgsqlConnection connection)
    {
        // "IF NOT EXISTS" asks for the right to make schemas even where there is one.
        bool exists = await ScalarAsync(connection, $"SELECT count(*) FROM pg_namespace WHERE nspname = '{address.Schema}'") > 0;
        if (!exists) await ExecuteAsync(connection, $"CREATE SCHEMA {address.Schema}");
        await ExecuteAsync(connection, $"CREATE TABLE {versionTable} (version integer NOT NULL); INSERT INTO {versionTable} VALUES (0)");
    }

    private async Task<int> ReadVersionAsync(NpgsqlConnection connection)
    {
        string exists =
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            + $"WHERE c.relname = '{versionTable}' AND n.nspname = '{address.Schema}'";
        if (await ScalarAsync(connection, exists) == 0) return 0;
        int version = (int)await ScalarAsync(connection, $"SELECT version FROM {address.Schema}.{versionTable}");
        return version <= scripts.Count
            ? version
            : throw new DatabaseException(
                $"The schema '{address.Schema}' is of version {version} ({versionTable}), and this program knows versions up to {scripts.Count}: it was migrated by a newer one. "
                + "Start that, or restore an older backup.");
    }

    private static async Task<long> ScalarAsync(NpgsqlConnection connection, string text)
    {
        await using NpgsqlCommand command = new(text, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string text)
    {
        await using NpgsqlCommand command = new(text, connection) { CommandTimeout = 150 };
        await command.ExecuteNonQueryAsync();
    }
}
