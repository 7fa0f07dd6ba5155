using System.Diagnostics;
using System.Net;
using Npgsql;

namespace CaptchaCluster.Tests.Processes.Postgres;

/// <summary>A real PostgreSQL server of our own: in a temporary directory, reached by a socket in it, never run as root.</summary>
public class PostgresServer : IAsyncDisposable
{
    public const string Role = "captchacluster";

    private const string Database = "captchacluster";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("captchacluster-pg-");
    private readonly OutputLines log = new();
    private Process? process;
    private int schemas;

    /// <summary>Why there is none here; null where there is.</summary>
    public static string? WhyNot => PostgresPrograms.Missing;

    public string SocketPath => Path.Combine(directory.FullName, ".s.PGSQL.5432");

    /// <summary>Of the administrator.</summary>
    public string AdminConnectionString => $"Host={directory.FullName};Database={Database};Username=postgres;Pooling=false;GSS Encryption Mode=Disable";

    /// <summary>What it said so far.</summary>
    internal string Log => log.ToString();

    private string Data => Path.Combine(directory.FullName, "data");

    private Process Process => process ?? throw new InvalidOperationException("The server is not running.");

    /// <summary>Makes an empty database and starts the server for the first time.</summary>
    public async Task CreateAsync()
    {
        PostgresPrograms.GiveAway(directory.FullName);
        await PostgresPrograms.RunAsync("initdb", "-D", Data, "-U", "postgres", "-A", "trust", "--no-sync", "--encoding=UTF8", "--locale=C");
        await StartAsync();
        await ExecuteAsync("postgres", $"CREATE DATABASE {Database}");
        await ExecuteAsync(Database, $"CREATE ROLE {Role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE");
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null) await KillAsync();
        directory.Delete(recursive: true);
        GC.SuppressFinalize(this);
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

    /// <summary>By way of a proxy.</summary>
    public static string ConnectionString(string schema, IPEndPoint proxy) =>
        $"Host={proxy.Address};Port={proxy.Port};Database={Database};Username={Role};Search Path={schema};SSL Mode=Disable;GSS Encryption Mode=Disable";

    /// <summary>Returns once it answers.</summary>
    public async Task StartAsync(params string[] settings)
    {
        string[] arguments =
        [
            "-D", Data, "-k", directory.FullName, "-c", "listen_addresses=", "-c", "max_connections=120", "-c", "shared_buffers=64MB",
            .. settings.SelectMany(setting => new[] { "-c", setting }),
        ];
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            process ??= PostgresPrograms.Launch(log, "postgres", arguments);
            try
            {
                await AnswersAsync();
                return;
            }
            catch (NpgsqlException) when (Stopwatch.GetElapsedTime(began) < Patience)
            {
                await Task.Delay(50);
                if (!process.HasExited) continue;
                process.Dispose(); // the memory of one that was killed may be in use for a moment
                process = null;
            }
        }
    }

    /// <summary>How often it has ended all its connections by itself, as one of its processes was killed.</summary>
    public int Recoveries => Log.Split("all server processes terminated; reinitializing").Length - 1;

    /// <summary>Returns once it answers again after one more of those than <paramref name="before"/>.</summary>
    public async Task RecoveredAsync(int before)
    {
        for (long began = Stopwatch.GetTimestamp(); ; await Task.Delay(50))
        {
            if (Recoveries == before && Stopwatch.GetElapsedTime(began) < Patience) continue;
            try
            {
                await AnswersAsync();
                return;
            }
            catch (NpgsqlException) when (Stopwatch.GetElapsedTime(began) < Patience)
            {
                // It is at it.
            }
        }
    }

    /// <summary>As a crash of the machine's kernel would: every process of the server ends at once, and nothing is written.</summary>
    public Task KillAsync()
    {
        Kill();
        return EndedAsync();
    }

    /// <summary>As <see cref="KillAsync"/>, without waiting.</summary>
    public void Kill()
    {
        Signal.Send(Process.Id, Signal.Stop); // it starts no other
        foreach (int child in ProcessTree.ChildrenOf(Process.Id)) ProcessTree.TrySend(child, Signal.Kill);
        Signal.Send(Process.Id, Signal.Kill);
    }

    /// <summary>Ends all connections and then itself, without a checkpoint (SIGQUIT), so that the next start has to recover.</summary>
    public void StopImmediately() => Signal.Send(Process.Id, Signal.Quit);

    /// <summary>Rolls back what is under way and ends in good order (SIGINT).</summary>
    public void Stop() => Signal.Send(Process.Id, Signal.Interrupt);

    /// <summary>Waits until it has ended, one way or the other.</summary>
    public async Task EndedAsync()
    {
        await Process.WaitForExitAsync().WaitAsync(Patience);
        Process.Dispose();
        process = null;
    }

    /// <summary>Keeps all of it from running, and its connections open, until <see cref="Continue"/>.</summary>
    public void Pause()
    {
        Signal.Send(Process.Id, Signal.Stop); // it starts no other
        foreach (int child in ProcessTree.ChildrenOf(Process.Id)) ProcessTree.TrySend(child, Signal.Stop);
    }

    public void Continue()
    {
        foreach (int child in ProcessTree.ChildrenOf(Process.Id)) ProcessTree.TrySend(child, Signal.Continue);
        Signal.Send(Process.Id, Signal.Continue);
    }

    /// <summary>As the administrator.</summary>
    public Task ExecuteAsync(string text) => ExecuteAsync(Database, text);

    /// <summary>A connection of the administrator, for the caller to close.</summary>
    public async Task<NpgsqlConnection> OpenAsync(string schema)
    {
        NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder(AdminConnectionString) { SearchPath = schema }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private Task AnswersAsync() => ExecuteAsync("postgres", "SELECT 1");

    private async Task ExecuteAsync(string database, string text)
    {
        await using NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder(AdminConnectionString) { Database = database }.ConnectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(text, connection);
        await command.ExecuteNonQueryAsync();
    }
}
