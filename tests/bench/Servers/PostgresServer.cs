using System.Globalization;
using CaptchaCluster.Tests.Load;
using Npgsql;
using PostgresPrograms = CaptchaCluster.Tests.Processes.Postgres.PostgresPrograms;

namespace CaptchaCluster.Bench.Servers;

/// <summary>A server of PostgreSQL of this run's own, reached by a socket, with the settings that docs/postgres.md recommends.</summary>
internal sealed class PostgresServer : IDatabase
{
    public const string Schema = "captchacluster";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ServerProcess process;
    private readonly NpgsqlDataSource administrator;
    private readonly string directory;

    private PostgresServer(ServerProcess process, string directory)
    {
        (this.process, this.directory) = (process, directory);
        administrator = NpgsqlDataSource.Create($"Host={directory};Database=postgres;Username=postgres;Command Timeout=900;GSS Encryption Mode=Disable");
    }

    /// <summary>Beyond its defaults.</summary>
    public static IReadOnlyList<string> Settings { get; } = ["shared_buffers=2GB", "max_wal_size=8GB"];

    /// <summary>Of the product's role, as an operator would write it.</summary>
    public string ConnectionString => $"Host={directory};Database=postgres;Username={Schema};GSS Encryption Mode=Disable";

    /// <param name="directory">Empty, and reachable by the user that the server runs as.</param>
    /// <param name="cancelled">Ends the wait.</param>
    public static async Task<PostgresServer> StartAsync(string directory, CancellationToken cancelled)
    {
        PostgresPrograms.GiveAway(directory);
        string data = Path.Combine(directory, "data");
        try
        {
            await PostgresPrograms.RunAsync("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--encoding=UTF8", "--locale=C");
        }
        catch (InvalidOperationException exception)
        {
            throw new SetupException($"--directory must be one that PostgreSQL's user can reach: {exception.Message.ReplaceLineEndings(" ")}");
        }

        string[] command = PostgresPrograms.Command(
            "postgres", ["-D", data, "-k", directory, "-c", "listen_addresses=", .. Settings.SelectMany(setting => new[] { "-c", setting })]);
        PostgresServer server = new(ServerProcess.Start(command[0], command[1..]), directory);
        try
        {
            await server.ReadyAsync(cancelled);
            await server.ExecuteAsync($"CREATE ROLE {Schema} LOGIN; CREATE SCHEMA {Schema} AUTHORIZATION {Schema}", cancelled);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>As the administrator.</summary>
    public async Task ExecuteAsync(string text, CancellationToken cancelled)
    {
        await using NpgsqlCommand command = administrator.CreateCommand(text);
        await command.ExecuteNonQueryAsync(cancelled);
    }

    public async Task<string> VersionAsync(CancellationToken cancelled)
    {
        await using NpgsqlCommand command = administrator.CreateCommand("SHOW server_version");
        return (string)(await command.ExecuteScalarAsync(cancelled))!;
    }

    public async Task<DatabaseUse> ReadUseAsync(CancellationToken cancelled)
    {
        // Every transaction that writes takes one id. What is counted by the statistics comes up to a second late.
        const string text = $"""
            SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
                   (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint,
                   coalesce(sum(pg_table_size(inhrelid)), 0)::bigint,
                   coalesce(sum(pg_indexes_size(inhrelid)), 0)::bigint
            FROM pg_inherits WHERE inhparent = '{Schema}.redemption'::regclass
            """;
        await using NpgsqlCommand command = administrator.CreateCommand(text);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancelled);
        await reader.ReadAsync(cancelled);
        return new DatabaseUse(
            ProcessUse.CpuWithChildren(process.Id), reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3));
    }

    /// <summary>Adds redemptions of tokens that expire around a time, as if they had lived for ten minutes each, and leaves the server as it is long after.</summary>
    public async Task FillAsync(long count, string sitekey, DateTimeOffset around, CancellationToken cancelled)
    {
        const long AtATime = 500_000;
        for (long left = count; left > 0; left -= AtATime)
        {
            await ExecuteAsync(
                string.Create(CultureInfo.InvariantCulture, $"""
                    INSERT INTO {Schema}.redemption (id, exp, site, attempt, at)
                    SELECT gen_random_uuid(), {around.ToUnixTimeSeconds() - 300} + floor(random() * 600)::bigint, replace('{sitekey}', 'cpt_pub_', '')::uuid, gen_random_uuid(),
                           extract(epoch FROM now())::bigint
                    FROM generate_series(1, {Math.Min(left, AtATime)})
                    """),
                cancelled);
        }

        await ExecuteAsync($"VACUUM (ANALYZE) {Schema}.redemption", cancelled);
        await ExecuteAsync("CHECKPOINT", cancelled);
    }

    public async ValueTask DisposeAsync()
    {
        await administrator.DisposeAsync();
        await process.DisposeAsync();
    }

    private async Task ReadyAsync(CancellationToken cancelled)
    {
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        enough.CancelAfter(Patience);
        Task ended = process.EndedAsync(enough.Token);
        while (true)
        {
            try
            {
                await ExecuteAsync("SELECT 1", enough.Token);
                return;
            }
            catch (NpgsqlException exception)
            {
                if (await Task.WhenAny(ended, Task.Delay(100, enough.Token)) == ended)
                    throw new SetupException($"PostgreSQL does not start: {exception.Message}");
            }
        }
    }
}
