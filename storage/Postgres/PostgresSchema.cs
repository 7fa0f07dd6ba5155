using System.Globalization;
using Npgsql;

namespace CaptchaCluster.Storage.Postgres;

/// <summary>
/// Makes and migrates the schema. All of it happens in one transaction under an advisory lock: of any number of processes that
/// start at once one does it, and a crash leaves what was there before.
/// </summary>
internal sealed class PostgresSchema(PostgresDatabase database)
{
    /// <summary>Each brings the schema from the version of its index to the next. What was released is never changed.</summary>
    private static readonly string[] Migrations =
    [
        """
        -- The one clock that judges expiry and purge: whole seconds, rounded down.
        CREATE FUNCTION ledger_clock() RETURNS bigint LANGUAGE sql VOLATILE
            AS 'SELECT floor(extract(epoch FROM clock_timestamp()))::bigint';

        -- horizon: tokens that expire at or before it are expired, and their redemptions may be gone.
        -- issued_floor: tokens issued at or before it are refused. attached: partitions reach up to it, exclusive.
        CREATE TABLE ledger (
            one boolean PRIMARY KEY DEFAULT true CHECK (one),
            horizon bigint NOT NULL DEFAULT 0,
            issued_floor bigint NOT NULL DEFAULT 0,
            attached bigint NOT NULL DEFAULT 0);
        INSERT INTO ledger DEFAULT VALUES;

        -- An id determines its exp, so the key is unique on the id. Ordered by exp first, entries of one time stand together: of
        -- ten million live ones those that are written now share a few pages, instead of a page each.
        CREATE TABLE redemption (
            id uuid NOT NULL,
            exp bigint NOT NULL,
            site uuid NOT NULL,
            attempt uuid NOT NULL,
            at bigint NOT NULL,
            PRIMARY KEY (exp, id)) PARTITION BY RANGE (exp);

        -- Which partitions there are, [lower, upper), named redemption_<lower>.
        CREATE TABLE redemption_partition (
            lower bigint PRIMARY KEY,
            upper bigint NOT NULL UNIQUE CHECK (upper > lower));

        -- What the ledger needs to know of a site stands in columns; all of it in the document.
        CREATE TABLE site (
            id uuid PRIMARY KEY,
            version bigint NOT NULL UNIQUE,
            active boolean NOT NULL,
            gen integer NOT NULL,
            prev_gen integer,
            prev_until bigint,
            document jsonb NOT NULL,
            CHECK ((prev_gen IS NULL) = (prev_until IS NULL)));

        -- Versions are taken under this row's lock, so that they become visible in their order; those of a sequence would not.
        CREATE TABLE site_version (
            one boolean PRIMARY KEY DEFAULT true CHECK (one),
            latest bigint NOT NULL DEFAULT 0);
        INSERT INTO site_version DEFAULT VALUES;
        """,
        """
        -- json, not jsonb: read by people, in the order in which it was written.
        CREATE TABLE audit (
            seq bigint PRIMARY KEY,
            entry json NOT NULL);
        CREATE TABLE audit_position (
            one boolean PRIMARY KEY DEFAULT true CHECK (one),
            latest bigint NOT NULL DEFAULT 0);
        INSERT INTO audit_position DEFAULT VALUES;

        CREATE TABLE management_token (
            id text PRIMARY KEY,
            name text NOT NULL,
            created_at bigint NOT NULL,
            sha256 bytea NOT NULL CHECK (length(sha256) = 32));

        -- Into how many shards the cluster over this ledger cuts the tokens; no row: no cluster was ever started over it.
        CREATE TABLE cluster (
            one boolean PRIMARY KEY DEFAULT true CHECK (one),
            shards integer NOT NULL CHECK (shards > 0));
        """,
    ];

    public static int Version => Migrations.Length;

    public async Task EnsureAsync()
    {
        await using NpgsqlConnection connection = await database.OpenAsync(CancellationToken.None);
        if (await ReadVersionAsync(connection) == Version) return;
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, "SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = '120s'");
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock(hashtextextended('captchacluster schema {database.Schema}', 0))");
        int found = await ReadVersionAsync(connection);
        if (found == Version) return;
        if (found == 0) await CreateAsync(connection);
        foreach (string migration in Migrations.Skip(found)) await ExecuteAsync(connection, migration);
        await ExecuteAsync(connection, string.Create(CultureInfo.InvariantCulture, $"UPDATE schema_version SET version = {Version}"));
        await transaction.CommitAsync();
    }

    private async Task CreateAsync(NpgsqlConnection connection)
    {
        // "IF NOT EXISTS" asks for the right to make schemas even where there is one.
        bool exists = await ScalarAsync(connection, $"SELECT count(*) FROM pg_namespace WHERE nspname = '{database.Schema}'") > 0;
        try
        {
            if (!exists) await ExecuteAsync(connection, $"CREATE SCHEMA {database.Schema}");
            await ExecuteAsync(connection, "CREATE TABLE schema_version (version integer NOT NULL); INSERT INTO schema_version VALUES (0)");
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            string role = new NpgsqlConnectionStringBuilder(connection.ConnectionString).Username ?? "captchacluster";
            throw new DatabaseException(
                $"The role '{role}' may not make tables in schema '{database.Schema}'. "
                + $"Let an administrator run: CREATE SCHEMA {database.Schema} AUTHORIZATION {role};",
                exception);
        }
    }

    private async Task<int> ReadVersionAsync(NpgsqlConnection connection)
    {
        const string exists = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = 'schema_version' AND n.nspname = ";
        if (await ScalarAsync(connection, $"{exists} '{database.Schema}'") == 0) return 0;
        int version = (int)await ScalarAsync(connection, "SELECT version FROM schema_version");
        return version <= Version
            ? version
            : throw new DatabaseException(
                $"The schema '{database.Schema}' is of version {version}, and this program knows versions up to {Version}: it was migrated by a newer one. Start that, or restore an older backup.");
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
