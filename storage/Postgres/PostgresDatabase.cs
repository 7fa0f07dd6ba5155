using Npgsql;

namespace CaptchaCluster.Storage.Postgres;

/// <summary>
/// The way to one schema of one database. Every connection has the settings that the statements rely on, and is to a server
/// that keeps what it confirms, or is not used.
/// </summary>
public sealed class PostgresDatabase : IAsyncDisposable
{
    private readonly PostgresOptions options;
    private readonly PostgresAddress address;
    private readonly NpgsqlDataSource service;
    private readonly NpgsqlDataSource administration;

    private PostgresDatabase(PostgresOptions options)
    {
        this.options = options;
        address = new PostgresAddress(options.ConnectionString, "Store:ConnectionString");
        Configure(address, options);
        service = SourceOf(PostgresOptions.ServiceConnections);
        administration = SourceOf(PostgresOptions.AdministrationConnections);
    }

    public string Schema => address.Schema;

    internal PostgresOptions Options => options;

    /// <summary>Connects, and brings the schema up to date.</summary>
    /// <exception cref="DatabaseException">It cannot be used; the message says why.</exception>
    public static async Task<PostgresDatabase> OpenAsync(PostgresOptions options)
    {
        PostgresDatabase database = new(options);
        try
        {
            await using NpgsqlConnection connection = await database.OpenAsync(CancellationToken.None);
            await new SchemaMigrations(database.address, "schema_version", PostgresTables.Migrations).EnsureAsync(connection);
            return database;
        }
        catch (Exception exception)
        {
            await database.DisposeAsync();
            if (exception is not DatabaseException && DatabaseFailure.Is(exception))
                throw new DatabaseException($"The database of Store:ConnectionString cannot be used: {exception.Message}", exception);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await service.DisposeAsync();
        await administration.DisposeAsync();
    }

    internal NpgsqlConnection Open() => service.OpenConnection();

    internal ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellation) => service.OpenConnectionAsync(cancellation);

    /// <summary>For what administrators ask for: however much that is, and whatever it waits for, verification has connections of its own.</summary>
    internal ValueTask<NpgsqlConnection> OpenForAdministrationAsync() => administration.OpenConnectionAsync();

    private NpgsqlDataSource SourceOf(int connections)
    {
        address.Builder.MaxPoolSize = connections;
        NpgsqlDataSourceBuilder sources = new(address.Builder.ConnectionString);
        sources.UsePhysicalConnectionInitializer(
            connection => VerifyAsync(connection, isAsync: false).GetAwaiter().GetResult(), connection => VerifyAsync(connection, isAsync: true));
        try
        {
            return sources.Build();
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or NotSupportedException)
        {
            throw new DatabaseException($"Store:ConnectionString cannot be used: {exception.Message}", exception);
        }
    }

    private static void Configure(PostgresAddress address, PostgresOptions options)
    {
        NpgsqlConnectionStringBuilder builder = address.Builder;
        builder.ApplicationName ??= "captchacluster";
        builder.Pooling = true;
        builder.MinPoolSize = 0;
        builder.Multiplexing = false;
        builder.IncludeErrorDetail = false;
        builder.PersistSecurityInfo = false;
        builder.NoResetOnClose = true;
        builder.CancellationTimeout = -1;
        address.SetPatience(options.StatementTimeout, options.LockTimeout);

        // A plan that was made over an empty partition would otherwise be a scan for good; and a plan that the server believes to
        // be dear it would compile, 0.3 s for each commit of less than a millisecond.
        address.Set("enable_seqscan", "off");
        address.Set("jit", "off");
    }

    // Of every connection: after a failover it may lead to another server.
    private async Task VerifyAsync(NpgsqlConnection connection, bool isAsync)
    {
        (bool fsync, bool fullPageWrites) = await address.VerifyAsync(connection, isAsync);
        if (options.AllowVolatileServer || (fsync && fullPageWrites)) return;
        throw new DatabaseException(
            $"The server at '{connection.Host}' runs with {(fsync ? "full_page_writes" : "fsync")}=off: after a crash it has forgotten redemptions, and tokens succeed twice. "
            + "Set it on, or, where nothing is to be kept, set Store:AllowVolatileServer=true.");
    }
}
