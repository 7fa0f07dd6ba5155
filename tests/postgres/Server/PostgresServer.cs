using System.Diagnostics;
using Npgsql;

namespace CaptchaCluster.Tests.Postgres.Server;

/// <summary>A real PostgreSQL server of this test run's own: in a temporary directory, reached by a socket in it, never run as root.</summary>
public sealed class PostgresServer : IAsyncLifetime
{
    public const string Role = "captchacluster";

    private const string Database = "captchacluster";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("captchacluster-pg-");
    private Process? process;
    private int schemas;

    private string Data => Path.Combine(directory.FullName, "data");

    public string SocketPath => Path.Combine(directory.FullName, ".s.PGSQL.5432");

    /// <summary>Of the administrator.</summary>
    public string AdminConnectionString => $"Host={directory.FullName};Database={Database};Username=postgres;Pooling=false;GSS Encryption Mode=Disable";

    public async Task InitializeAsync()
    {
        if (PostgresPrograms.Missing is not null) return;
        PostgresPrograms.GiveAway(directory.FullName);
        await PostgresPrograms.RunAsync("initdb", "-D", Data, "-U", "postgres", "-A", "trust", "--no-sync", "--encoding=UTF8", "--locale=C");
        await StartAsync();
        await ExecuteAsync("postgres", $"CREATE DATABASE {Database}");
        await ExecuteAsync(Database, $"CREATE ROLE {Role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE");
    }

    public async Task DisposeAsync()
    {
        if (process is not null) await KillAsync();
        directory.Delete(recursive: true);
    }

    /// <summary>A schema that the product's role owns, in a database where it may do nothing else.</summary>
    public async Task<string> NewSchemaAsync()
    {
        string schema = $"test_{Interlocked.Increment(ref schemas)}";
        await ExecuteAsync(Database, $"CREATE SCHEMA {schema} AUTHORIZATION {Role}");
        return schema;
    }

    /// <summary>As an operator would write it.</summary>
    public string ConnectionString(string schema) =>
        $"Host={directory.FullName};Database={Database};Username={Role};Search Path={schema};GSS Encryption Mode=Disable";

    /// <summary>By way of a proxy that listens at a port of this machine.</summary>
    public static string ConnectionString(string schema, int port) =>
        $"Host=127.0.0.1;Port={port};Database={Database};Username={Role};Search Path={schema};SSL Mode=Disable;GSS Encryption Mode=Disable";

    public async Task StartAsync(params string[] settings)
    {
        string[] arguments =
        [
            "-D", Data, "-k", directory.FullName, "-c", "listen_addresses=", "-c", "max_connections=120", "-c", "shared_buffers=64MB",
            .. settings.SelectMany(setting => new[] { "-c", setting }),
        ];
        process = PostgresPrograms.Launch("postgres", arguments);
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await ExecuteAsync("postgres", "SELECT 1");
                return;
            }
            catch (NpgsqlException) when (Stopwatch.GetElapsedTime(began) < Patience && !process.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }

    /// <summary>As a crash of the machine's kernel would: every process of the server ends at once, and nothing is written.</summary>
    public async Task KillAsync()
    {
        process!.Kill(entireProcessTree: true);
        await process.WaitForExitAsync().WaitAsync(Patience);
        process.Dispose();
        process = null;
    }

    public Task ExecuteAsync(string text) => ExecuteAsync(Database, text);

    private async Task ExecuteAsync(string database, string text)
    {
        await using NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder(AdminConnectionString) { Database = database }.ConnectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(text, connection);
        await command.ExecuteNonQueryAsync();
    }
}

[CollectionDefinition(Name)]
public sealed class PostgresCollection : ICollectionFixture<PostgresServer>
{
    public const string Name = "PostgreSQL";
}

internal sealed class FactWithPostgresAttribute : FactAttribute
{
    public FactWithPostgresAttribute() => Skip = PostgresPrograms.Missing;
}

internal sealed class TheoryWithPostgresAttribute : TheoryAttribute
{
    public TheoryWithPostgresAttribute() => Skip = PostgresPrograms.Missing;
}
