using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Npgsql;

namespace CaptchaCluster.Storage.Postgres;

/// <summary>
/// The way to one schema of one database. Every connection has the settings that the statements rely on, and is to a server
/// that keeps what it confirms, or is not used.
/// </summary>
public sealed partial class PostgresDatabase : IAsyncDisposable
{
    private const int OldestServer = 150_000;

    private readonly PostgresOptions options;
    private readonly NpgsqlDataSource source;

    private PostgresDatabase(PostgresOptions options)
    {
        this.options = options;
        NpgsqlConnectionStringBuilder builder = Parse(options.ConnectionString);
        Schema = string.IsNullOrEmpty(builder.SearchPath) ? PostgresOptions.DefaultSchema : builder.SearchPath;
        if (!SchemaName().IsMatch(Schema))
        {
            throw new DatabaseException(
                $"Store:ConnectionString names the search path '{Schema}'; allowed is one schema of lower-case letters, digits and '_', at most 40 characters.");
        }

        Configure(builder, options, Schema);
        NpgsqlDataSourceBuilder sources = new(builder.ConnectionString);
        sources.UsePhysicalConnectionInitializer(
            connection => VerifyAsync(connection, isAsync: false).GetAwaiter().GetResult(), connection => VerifyAsync(connection, isAsync: true));
        source = sources.Build();
    }

    public string Schema { get; }

    internal PostgresOptions Options => options;

    /// <summary>Connects, and brings the schema up to date.</summary>
    /// <exception cref="DatabaseException">It cannot be used; the message says why.</exception>
    public static async Task<PostgresDatabase> OpenAsync(PostgresOptions options)
    {
        PostgresDatabase database = new(options);
        try
        {
            await new PostgresSchema(database).EnsureAsync();
            return database;
        }
        catch (Exception exception)
        {
            await database.DisposeAsync();
            if (exception is DatabaseException) throw;
            if (exception is NpgsqlException or SocketException or TimeoutException or IOException)
                throw new DatabaseException($"The database of Store:ConnectionString cannot be used: {exception.Message}", exception);
            throw;
        }
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();

    internal NpgsqlConnection Open() => source.OpenConnection();

    internal ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellation) => source.OpenConnectionAsync(cancellation);

    private static NpgsqlConnectionStringBuilder Parse(string text)
    {
        try
        {
            NpgsqlConnectionStringBuilder builder = new(text);
            return string.IsNullOrEmpty(builder.Host) ? throw new DatabaseException("Store:ConnectionString names no Host.") : builder;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException or KeyNotFoundException)
        {
            // Without its text: it holds a password.
            throw new DatabaseException(
                "Store:ConnectionString cannot be read; it is of the form Host=…;Database=…;Username=…;Password=… (see Npgsql).", exception);
        }
    }

    private static void Configure(NpgsqlConnectionStringBuilder builder, PostgresOptions options, string schema)
    {
        builder.SearchPath = schema;
        builder.ApplicationName ??= "captchacluster";
        builder.Pooling = true;
        builder.MaxPoolSize = Math.Min(builder.MaxPoolSize, options.MaxConnections);
        builder.Enlist = false;
        builder.Multiplexing = false;
        builder.IncludeErrorDetail = false;
        builder.PersistSecurityInfo = false;
        builder.NoResetOnClose = true;
        builder.Timeout = Math.Min(builder.Timeout, 5);

        // The server gives up first, and says that nothing was done; a client that gives up knows nothing.
        builder.CommandTimeout = (int)options.StatementTimeout.TotalSeconds + 3;
        builder.CancellationTimeout = -1;
        if (builder.KeepAlive == 0) builder.KeepAlive = 15;
        if (builder.Host!.Contains(',')) builder.TargetSessionAttributes ??= "primary";

        // As options of the start they win over what is set for the role or the database. A plan that was made over an empty
        // partition would otherwise be a scan for good; and a plan that the server believes to be dear it would compile, 0.3 s for
        // each commit of less than a millisecond.
        builder.Options = string.Join(' ', new[]
        {
            builder.Options,
            "-c synchronous_commit=on",
            "-c default_transaction_isolation=read\\ committed",
            "-c enable_seqscan=off",
            "-c jit=off",
            Milliseconds("statement_timeout", options.StatementTimeout),
            Milliseconds("lock_timeout", options.LockTimeout),
            Milliseconds("idle_in_transaction_session_timeout", options.StatementTimeout * 2),
        }).Trim();
    }

    private static string Milliseconds(string name, TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"-c {name}={(long)time.TotalMilliseconds}");

    // Of every connection: after a failover it may lead to another server.
    private async Task VerifyAsync(NpgsqlConnection connection, bool isAsync)
    {
        const string text = """
            SELECT current_setting('server_version_num')::int, pg_is_in_recovery(), current_setting('transaction_read_only'),
                   current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
                   current_setting('enable_seqscan')
            """;
        await using NpgsqlCommand command = new(text, connection);
        await using NpgsqlDataReader reader = isAsync ? await command.ExecuteReaderAsync() : command.ExecuteReader();
        if (isAsync) await reader.ReadAsync();
        else reader.Read();
        string server = $"The server at '{connection.Host}'";
        if (reader.GetInt32(0) < OldestServer)
            throw new DatabaseException($"{server} is PostgreSQL {connection.PostgreSqlVersion}; 15 or newer is needed.");
        if (reader.GetBoolean(1) || reader.GetString(2) == "on")
            throw new DatabaseException($"{server} is a standby, or read-only; Store:ConnectionString must lead to the primary.");
        if (reader.GetString(5) != "on" || reader.GetString(6) != "off")
            throw new DatabaseException($"{server} does not give our sessions the settings they ask for; is a pooler in between that drops them? Connect directly.");
        foreach ((string name, int column) in new[] { ("fsync", 3), ("full_page_writes", 4) })
        {
            if (reader.GetString(column) == "off" && !options.AllowVolatileServer)
            {
                throw new DatabaseException(
                    $"{server} runs with {name}=off: after a crash it has forgotten redemptions, and tokens succeed twice. "
                    + "Set it on, or, where nothing is to be kept, set Store:AllowVolatileServer=true.");
            }
        }
    }

    [GeneratedRegex("^[a-z_][a-z0-9_]{0,39}$")]
    private static partial Regex SchemaName();
}
