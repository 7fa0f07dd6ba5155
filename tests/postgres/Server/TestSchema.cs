using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.Postgres;
using CaptchaCluster.Tests.Processes.Postgres;
using CaptchaCluster.Tokens;
using Npgsql;

namespace CaptchaCluster.Tests.Postgres.Server;

/// <summary>One schema with a clock that tests set, and the nodes that a test opens over it.</summary>
internal sealed class TestSchema : IAsyncDisposable
{
    public static readonly UnixSeconds Start = new(1_800_000_000);
    public static readonly SiteKey Site = new(7, 7);

    private readonly PostgresServer server;
    private readonly List<LedgerNode> nodes = [];

    private TestSchema(PostgresServer server, string name) => (this.server, Name) = (server, name);

    public string Name { get; }

    public PostgresOptions Options { get; init; } = null!;

    public static async Task<TestSchema> CreateAsync(PostgresServer server)
    {
        string name = await server.NewSchemaAsync();
        TestSchema schema = new(server, name)
        {
            Options = new PostgresOptions { ConnectionString = server.ConnectionString(name), MaxTtlSeconds = 600, MaxClockSkewSeconds = 300, LockTimeout = TimeSpan.FromSeconds(20), PurgeLockTimeout = TimeSpan.FromSeconds(20), StatementTimeout = TimeSpan.FromSeconds(30) },
        };
        await using (PostgresDatabase database = await PostgresDatabase.OpenAsync(schema.Options))
        {
            await schema.ExecuteAsync($"""
                CREATE TABLE test_clock AS SELECT {Start.Value}::bigint AS now;
                GRANT SELECT ON test_clock TO {PostgresServer.Role};
                CREATE OR REPLACE FUNCTION ledger_clock() RETURNS bigint LANGUAGE sql VOLATILE AS 'SELECT now FROM test_clock';
                INSERT INTO site VALUES ('{PostgresId.Of(Site)}', 1, true, 1, NULL, NULL, '{"{}"}')
                """);
        }

        return schema;
    }

    public Task SetTimeAsync(UnixSeconds time) => ExecuteAsync($"UPDATE test_clock SET now = {time.Value}");

    public Task RotateAsync(int generation) => ExecuteAsync($"UPDATE site SET gen = {generation}, prev_gen = NULL, prev_until = NULL");

    /// <summary>As the administrator.</summary>
    public Task ExecuteAsync(string text) => server.ExecuteAsync($"SET search_path = {Name}; {text}");

    public async Task<long> CountAsync(string from)
    {
        await using NpgsqlConnection connection = await OpenAsync();
        await using NpgsqlCommand command = new($"SELECT count(*) FROM {from}", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>A connection of the administrator, for the test to close.</summary>
    public Task<NpgsqlConnection> OpenAsync() => server.OpenAsync(Name);

    public Task<LedgerNode> OpenNodeAsync() => OpenNodeAsync(Options);

    /// <summary>One that does nothing unless it is told to: no purge of it meets its own upkeep, and is put off.</summary>
    public Task<LedgerNode> OpenQuietNodeAsync() => OpenNodeAsync(Options with { UpkeepInterval = TimeSpan.FromHours(1) });

    public async Task<LedgerNode> OpenNodeAsync(PostgresOptions options)
    {
        LedgerNode node = await LedgerNode.OpenAsync(options);
        nodes.Add(node);
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (LedgerNode node in nodes) await node.DisposeAsync();
        await server.ExecuteAsync($"DROP SCHEMA {Name} CASCADE");
    }

    public static RedemptionRequest Ask(int token, int attempt, long expiresIn = 600, int generation = 1) => new(
        new TokenId((ulong)token * 0x9E37_79B9_7F4A_7C15, (ulong)token * 0xC2B2_AE3D_27D4_EB4F),
        Start + expiresIn,
        Site,
        new Generation(generation),
        new AttemptKey(0, (ulong)attempt));
}

/// <summary>What one process has of the ledger.</summary>
internal sealed class LedgerNode : IAsyncDisposable
{
    private readonly PostgresDatabase database;
    private readonly PostgresLedger ledger;

    private LedgerNode(PostgresDatabase database, PostgresLedger ledger)
    {
        this.database = database;
        this.ledger = ledger;
        Store = new PostgresRedemptionStore(ledger, TimeProvider.System);
    }

    public PostgresRedemptionStore Store { get; }

    /// <summary>What its own clock says.</summary>
    public UnixSeconds Clock { get; set; } = TestSchema.Start;

    public static async Task<LedgerNode> OpenAsync(PostgresOptions options)
    {
        PostgresDatabase database = await PostgresDatabase.OpenAsync(options);
        return new LedgerNode(database, await PostgresLedger.OpenAsync(database, TimeProvider.System, _ => { }));
    }

    public async Task<PeekOutcome> PeekAsync(RedemptionRequest request)
    {
        PeekOutcome[] outcomes = new PeekOutcome[1];
        await Task.Run(() => Store.PeekAsync(new[] { new PeekRequest(request.Token, request.ExpiresAt) }, outcomes).AsTask());
        return outcomes[0];
    }

    /// <summary>On a thread of its own: the store blocks its caller.</summary>
    public Task<CommitResult[]> CommitAsync(params RedemptionRequest[] batch) => Task.Factory.StartNew(
        () =>
        {
            CommitResult[] results = new CommitResult[batch.Length];
            Store.CommitAsync(batch, results, Clock).GetAwaiter().GetResult();
            return results;
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    public async ValueTask DisposeAsync()
    {
        Store.Dispose();
        await ledger.DisposeAsync();
        await database.DisposeAsync();
    }
}
