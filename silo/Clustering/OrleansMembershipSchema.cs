using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using CaptchaCluster.Storage.Postgres;
using Npgsql;

namespace CaptchaCluster.Silo.Clustering;

/// <summary>
/// Makes and migrates what Orleans' ADO.NET clustering needs in a PostgreSQL database. All of it happens in one transaction under an
/// advisory lock: of any number of processes that start at once one does it, and a crash leaves what was there before. A role that owns
/// the schema suffices.
/// </summary>
internal static partial class OrleansMembershipSchema
{
    /// <summary>As the provider knows the database driver.</summary>
    public const string Invariant = "Npgsql";

    private const string VersionTable = "orleans_schema_version";
    private const int OldestServer = 150_000;

    public static int Version => OrleansMembershipTables.Migrations.Count;

    /// <summary>To be called before a silo, or a client of silos, starts.</summary>
    /// <param name="connectionString">As Npgsql reads it. Its "Search Path" names the schema; without one that is <see cref="PostgresOptions.DefaultSchema"/>.</param>
    /// <param name="setting">Where the operator wrote it, for messages.</param>
    /// <returns>What the provider is to connect with: to the schema, and with the settings that the statements rely on. Holds the password.</returns>
    /// <exception cref="DatabaseException">It cannot be used; the message says why.</exception>
    public static async Task<string> EnsureAsync(string connectionString, string setting = "Cluster:ConnectionString")
    {
        NpgsqlConnectionStringBuilder builder = Parse(connectionString, setting);
        string schema = builder.SearchPath!;
        try
        {
            await using NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder(builder.ConnectionString) { Pooling = false }.ConnectionString);
            await connection.OpenAsync();
            await VerifyAsync(connection, schema, setting);
            await MigrateAsync(connection, schema);
            return builder.ConnectionString;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new DatabaseException(
                $"The role '{builder.Username}' of {setting} may not keep the cluster's silos in schema '{schema}': {exception.MessageText}. "
                + $"Let an administrator run: CREATE SCHEMA {schema} AUTHORIZATION {builder.Username}; or, where it is there, make the role its owner.",
                exception);
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.DuplicateTable or PostgresErrorCodes.DuplicateFunction)
        {
            throw new DatabaseException(
                $"Schema '{schema}' holds what this program makes itself, and did not make: {exception.MessageText}. "
                + $"Name another schema as Search Path in {setting}, or drop what is in the way.",
                exception);
        }
        catch (Exception exception) when (exception is NpgsqlException or SocketException or TimeoutException or IOException)
        {
            throw new DatabaseException($"The database of {setting} cannot be used: {exception.Message}", exception);
        }
    }

    private static NpgsqlConnectionStringBuilder Parse(string text, string setting)
    {
        NpgsqlConnectionStringBuilder builder;
        try
        {
            builder = new NpgsqlConnectionStringBuilder(text);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException or KeyNotFoundException)
        {
            // Without its text: it holds a password.
            throw new DatabaseException($"{setting} cannot be read; it is of the form Host=…;Database=…;Username=…;Password=… (see Npgsql).", exception);
        }

        if (string.IsNullOrEmpty(builder.Host)) throw new DatabaseException($"{setting} names no Host.");
        if (string.IsNullOrEmpty(builder.SearchPath)) builder.SearchPath = PostgresOptions.DefaultSchema;
        if (!SchemaName().IsMatch(builder.SearchPath!))
        {
            throw new DatabaseException(
                $"{setting} names the search path '{builder.SearchPath}'; allowed is one schema of lower-case letters, digits and '_', at most 40 characters.");
        }

        builder.ApplicationName ??= "captchacluster membership";
        builder.MaxPoolSize = Math.Min(builder.MaxPoolSize, 5);
        builder.MinPoolSize = Math.Min(builder.MinPoolSize, builder.MaxPoolSize);
        builder.Enlist = false;
        builder.Timeout = Math.Min(builder.Timeout, 5);
        builder.CommandTimeout = 8;
        if (builder.KeepAlive == 0) builder.KeepAlive = 15;
        if (builder.Host.Contains(',')) builder.TargetSessionAttributes ??= "primary";

        // As options of the start they win over what is set for the role or the database. A version that was seen is not taken back by a
        // crash, to be given to another change; and the server gives up before the client does, and says that nothing was done.
        builder.Options = string.Join(' ', new[]
        {
            builder.Options,
            "-c synchronous_commit=on",
            "-c default_transaction_isolation=read\\ committed",
            "-c statement_timeout=5s",
            "-c lock_timeout=3s",
        }).Trim();
        return builder;
    }

    private static async Task VerifyAsync(NpgsqlConnection connection, string schema, string setting)
    {
        const string text = """
            SELECT current_setting('server_version_num')::int, pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on',
                   current_setting('search_path'), current_setting('synchronous_commit')
            """;
        await using NpgsqlCommand command = new(text, connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        string server = $"The server at '{connection.Host}' of {setting}";
        if (reader.GetInt32(0) < OldestServer)
            throw new DatabaseException($"{server} is PostgreSQL {connection.PostgreSqlVersion}; 15 or newer is needed.");
        if (reader.GetBoolean(1))
            throw new DatabaseException($"{server} is a standby, or read-only; {setting} must lead to the primary.");
        if (reader.GetString(2) != schema || reader.GetString(3) != "on")
            throw new DatabaseException($"{server} does not give our sessions the settings they ask for; is a pooler in between that drops them? Connect directly.");
    }

    private static async Task MigrateAsync(NpgsqlConnection connection, string schema)
    {
        if (await ReadVersionAsync(connection, schema) == Version) return;
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, "SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = '120s'");

        // The store makes the same schema under the same lock.
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock(hashtextextended('captchacluster schema {schema}', 0))");
        int found = await ReadVersionAsync(connection, schema);
        if (found == Version) return;
        if (found == 0) await CreateAsync(connection, schema);
        foreach (string migration in OrleansMembershipTables.Migrations.Skip(found)) await ExecuteAsync(connection, migration);
        await ExecuteAsync(connection, string.Create(CultureInfo.InvariantCulture, $"UPDATE {VersionTable} SET version = {Version}"));
        await transaction.CommitAsync();
    }

    private static async Task CreateAsync(NpgsqlConnection connection, string schema)
    {
        // "IF NOT EXISTS" asks for the right to make schemas even where there is one.
        bool exists = await ScalarAsync(connection, $"SELECT count(*) FROM pg_namespace WHERE nspname = '{schema}'") > 0;
        if (!exists) await ExecuteAsync(connection, $"CREATE SCHEMA {schema}");
        await ExecuteAsync(connection, $"CREATE TABLE {schema}.{VersionTable} (version integer NOT NULL); INSERT INTO {schema}.{VersionTable} VALUES (0)");
    }

    private static async Task<int> ReadVersionAsync(NpgsqlConnection connection, string schema)
    {
        const string exists = $"SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = '{VersionTable}' AND n.nspname = ";
        if (await ScalarAsync(connection, $"{exists} '{schema}'") == 0) return 0;
        int version = (int)await ScalarAsync(connection, $"SELECT version FROM {schema}.{VersionTable}");
        return version <= Version
            ? version
            : throw new DatabaseException(
                $"The cluster's tables in schema '{schema}' are of version {version}, and this program knows versions up to {Version}: they were migrated by a newer one. Start that.");
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

    [GeneratedRegex("^[a-z_][a-z0-9_]{0,39}$")]
    private static partial Regex SchemaName();
}
