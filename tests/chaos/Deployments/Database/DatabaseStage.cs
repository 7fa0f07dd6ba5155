using CaptchaCluster.Storage.Postgres;
using CaptchaCluster.Tests.Chaos.Node;
using CaptchaCluster.Tests.Chaos.Workload;
using CaptchaCluster.Tests.Processes.Postgres;
using Npgsql;

namespace CaptchaCluster.Tests.Chaos.Deployments.Database;

/// <summary>Gateways whose ledger is a database of their own, which is reached by way of proxies that cut connections.</summary>
internal abstract class DatabaseStage(Scene scene) : Stage(scene)
{
    /// <summary>A start may complain of that where its database is away, or the machine is busy.</summary>
    protected const string NoDatabase = "Store:ConnectionString cannot be used";

    public PostgresServer Server { get; } = new();

    /// <summary>The ways to the database, once it is there.</summary>
    public abstract IReadOnlyList<CuttingProxy> Proxies { get; }

    /// <summary>Inserts that were under way when the server's end of their connection was lost.</summary>
    public int Interrupted => Proxies.Sum(proxy => proxy.Interrupted);

    public override IReadOnlyCollection<UInt128> Unheard => [.. Proxies.SelectMany(proxy => proxy.Unheard)];

    protected string Schema { get; private set; } = "";

    public override Task ReadyAsync() => Task.WhenAll(Nodes.Select(node => Pulse.UntilAsync(node.IsReadyAsync, "a gateway's word that it is ready")));

    public async Task<bool> IsAnyReadyAsync() => (await Task.WhenAll(Nodes.Select(node => node.IsReadyAsync()))).Any(isReady => isReady);

    // At any time: the lock keeps out who would drop a partition between the two statements.
    public override async Task ReadLedgerAsync(bool wasKilled) => await ReadAsync();

    public override async Task<RecordedHistory> CompleteAsync()
    {
        LedgerContent content = await ReadAsync();
        RecordedHistory history = Run.Snapshot();
        history.Ledger = content;
        return history;
    }

    public override void Keep() => File.WriteAllText(Path.Combine(Folder, "database.log"), Server.Log);

    public override async ValueTask DisposeAsync()
    {
        foreach (ChaosNode node in Nodes) await node.DisposeAsync();
        foreach (CuttingProxy proxy in Proxies) await proxy.DisposeAsync();
        await Server.DisposeAsync();
    }

    /// <summary>As the administrator.</summary>
    public async Task ExecuteAsync(string text)
    {
        await using NpgsqlConnection connection = await OpenAsync();
        await using NpgsqlCommand command = new(text, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>As the administrator; null where there is no row, or nothing in it.</summary>
    public async Task<long?> ReadNumberAsync(string text)
    {
        await using NpgsqlConnection connection = await OpenAsync();
        await using NpgsqlCommand command = new(text, connection);
        return await command.ExecuteScalarAsync() is { } value and not DBNull ? Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture) : null;
    }

    /// <summary>A connection of the administrator, for the caller to close.</summary>
    public Task<NpgsqlConnection> OpenAsync() => Server.OpenAsync(Schema);

    /// <summary>The server, with the product's tables in it.</summary>
    protected async Task CreateDatabaseAsync()
    {
        await Server.CreateAsync();
        Schema = await Server.NewSchemaAsync();
        await MakeTablesAsync();
    }

    private async Task<LedgerContent> ReadAsync()
    {
        long before = Run.Recorder.Now;
        Dictionary<UInt128, UInt128> redemptions = [];
        await using NpgsqlConnection connection = await OpenAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await using NpgsqlCommand lockHorizon = new("SELECT horizon FROM ledger FOR SHARE", connection);
        UnixSeconds horizon = new((long)(await lockHorizon.ExecuteScalarAsync())!);
        await using NpgsqlCommand read = new("SELECT id, attempt FROM redemption", connection);
        await using (NpgsqlDataReader reader = await read.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync()) redemptions.Add(NumberOf(reader.GetGuid(0)), NumberOf(reader.GetGuid(1)));
        }

        await transaction.CommitAsync();
        LedgerContent content = new(redemptions, Run.Recorder.TicksAt(horizon.ToDateTimeOffset()));
        Run.Recorder.MarkReading(before, content);
        return content;
    }

    // By the product's own migration, and then as no product would: partitions so narrow that they are dropped while we look,
    // for as long as an epoch mostly lasts. Each costs every session time, so they are not many.
    private async Task MakeTablesAsync()
    {
        const int seconds = 20, count = 20;
        await (await PostgresDatabase.OpenAsync(new PostgresOptions { ConnectionString = Server.ConnectionString(Schema) })).DisposeAsync();
        await ExecuteAsync($"""
            SET ROLE {PostgresServer.Role};
            DO $$
            DECLARE
                first bigint := (ledger_clock() / {seconds} - 2) * {seconds};
                last bigint := first + {count * seconds};
            BEGIN
                FOR lower IN first .. last - 1 BY {seconds} LOOP
                    EXECUTE format('CREATE TABLE redemption_%s PARTITION OF redemption FOR VALUES FROM (%s) TO (%s)', lower, lower, lower + {seconds});
                    INSERT INTO redemption_partition VALUES (lower, lower + {seconds});
                END LOOP;
                UPDATE ledger SET attached = last;
            END $$
            """);
    }

    private static UInt128 NumberOf(Guid id)
    {
        (ulong high, ulong low) = PostgresId.Split(id);
        return new UInt128(high, low);
    }
}
