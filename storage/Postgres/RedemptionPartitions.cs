using System.Globalization;
using System.Text;
using Npgsql;

namespace CaptchaCluster.Storage.Postgres;

/// <param name="Now">The database's clock.</param>
/// <param name="Horizon">As <see cref="Redemption.IRedemptionStore.Horizon"/>.</param>
/// <param name="IssuedFloor">As <see cref="Redemption.IRedemptionStore.IssuedFloor"/>.</param>
/// <param name="AttachedUpTo">Tokens that expire before it have a partition.</param>
/// <param name="OldestUpper">Where the oldest partition ends; 0: there is none.</param>
internal sealed record LedgerState(UnixSeconds Now, UnixSeconds Horizon, UnixSeconds IssuedFloor, UnixSeconds AttachedUpTo, UnixSeconds OldestUpper);

/// <summary>Makes partitions ahead of need and drops those that are over. Whoever does, holds the lock of the ledger's row.</summary>
internal sealed class RedemptionPartitions(PostgresOptions options)
{
    // The server's own limits come before it.
    private const int PatienceSeconds = 90;

    private const string StateText = """
        SELECT ledger_clock(), horizon, issued_floor, attached, coalesce((SELECT upper FROM redemption_partition ORDER BY lower LIMIT 1), 0) FROM ledger
        """;

    public async Task<LedgerState> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using NpgsqlCommand command = new(StateText, connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? StateOf(reader) : throw new DatabaseException("The table 'ledger' has lost its row; bring the database back from a backup.");
    }

    /// <summary>Commits a change of nothing, with all that recording takes: the right to, and the table not locked.</summary>
    /// <exception cref="UnconfirmedCommitException">The server did not get it confirmed as it is to.</exception>
    public static async Task ProbeAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        const string text = """
            INSERT INTO redemption SELECT * FROM redemption WHERE false;
            UPDATE ledger SET horizon = horizon
            """;
        CommitWarning warning = new(connection);
        await using NpgsqlCommand command = new(text, connection);
        await command.ExecuteNonQueryAsync(cancellation);
        warning.ThrowIfHeard();
    }

    /// <summary>From now on every token is refused that may have been issued until now, by any clock (I7).</summary>
    /// <exception cref="UnconfirmedCommitException">The server did not get it confirmed as it is to.</exception>
    public async Task RaiseFloorAsync(NpgsqlConnection connection, UnixSeconds now)
    {
        CommitWarning warning = new(connection);
        await using NpgsqlCommand command = new("UPDATE ledger SET issued_floor = GREATEST(issued_floor, ledger_clock() + $1, $2)", connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = options.MaxClockSkewSeconds });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = now.Value });
        await command.ExecuteNonQueryAsync();
        warning.ThrowIfHeard();
    }

    /// <summary>
    /// A table is filled with its limits first and attached then: that locks nobody out who inserts, as making it a partition
    /// at once would.
    /// </summary>
    /// <param name="connection">In no transaction.</param>
    /// <param name="patience">How long to wait for others who do the same; null: as long as for any lock.</param>
    /// <param name="cancellation">Leaves all as it was.</param>
    public async Task AttachAsync(NpgsqlConnection connection, TimeSpan? patience, CancellationToken cancellation)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellation);
        if (patience is { } time)
        {
            string milliseconds = ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
            await using NpgsqlCommand wait = new($"SET LOCAL lock_timeout = {milliseconds}; SET LOCAL statement_timeout = {milliseconds}", connection);
            await wait.ExecuteNonQueryAsync(cancellation); // blocking would stop the socket thread that this may be
        }

        LedgerState state = await LockAsync(connection, "FOR UPDATE", cancellation)
            ?? throw new DatabaseException("The table 'ledger' has lost its row; bring the database back from a backup.");
        long span = options.PartitionSeconds;

        // After a long pause nothing can be recorded that expired in it: those years need no partitions, and the horizon covers
        // them, so that a clock that is set back does not ask for them.
        long lower = Math.Max(state.AttachedUpTo.Value, state.Now.Value / span * span);
        bool isGap = lower > state.AttachedUpTo.Value;
        StringBuilder text = new();
        if (isGap) text.Append(CultureInfo.InvariantCulture, $"UPDATE ledger SET horizon = GREATEST(horizon, {lower - 1});\n");
        for (; lower < state.Now.Value + options.ReachSeconds; lower += span)
        {
            text.Append(CultureInfo.InvariantCulture, $"""
                CREATE TABLE redemption_{lower} (LIKE redemption INCLUDING ALL, CHECK (exp >= {lower} AND exp < {lower + span}));
                ALTER TABLE redemption ATTACH PARTITION redemption_{lower} FOR VALUES FROM ({lower}) TO ({lower + span});
                INSERT INTO redemption_partition VALUES ({lower}, {lower + span});


                """);
        }

        text.Append(CultureInfo.InvariantCulture, $"UPDATE ledger SET attached = GREATEST(attached, {lower})");
        await using NpgsqlCommand command = new(text.ToString(), connection) { CommandTimeout = PatienceSeconds };
        await command.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>
    /// Raises the horizon and drops what it covers, in one transaction: who inserts sees both or neither, as dropping waits for
    /// his lock on the table, and he for ours. Leaves it to whoever is at it already.
    /// </summary>
    public LedgerState Purge(NpgsqlConnection connection, UnixSeconds upTo)
    {
        using NpgsqlTransaction transaction = connection.BeginTransaction();
        if (LockAsync(connection, "FOR UPDATE SKIP LOCKED", cancellation: null).GetAwaiter().GetResult() is { } state)
        {
            // By both clocks: one that ran ahead must not make us forget what the other still asks for (I7).
            long horizon = Math.Max(state.Horizon.Value, Math.Min(upTo.Value, state.Now.Value - options.MaxClockSkewSeconds));
            Execute(connection, string.Create(CultureInfo.InvariantCulture, $"SET LOCAL lock_timeout = {(long)options.PurgeLockTimeout.TotalMilliseconds}; UPDATE ledger SET horizon = {horizon}"));
            foreach (long lower in TakeOver(connection, horizon))
                Execute(connection, string.Create(CultureInfo.InvariantCulture, $"DROP TABLE redemption_{lower}"));
        }

        using NpgsqlCommand command = new(StateText, connection);
        using NpgsqlDataReader reader = command.ExecuteReader();
        reader.Read();
        state = StateOf(reader);
        reader.Close();
        transaction.Commit();
        return state;
    }

    private static List<long> TakeOver(NpgsqlConnection connection, long horizon)
    {
        List<long> lowers = [];
        using NpgsqlCommand command = new("DELETE FROM redemption_partition WHERE upper <= $1 RETURNING lower", connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = horizon + 1 });
        using NpgsqlDataReader reader = command.ExecuteReader();
        while (reader.Read()) lowers.Add(reader.GetInt64(0));
        return lowers;
    }

    /// <param name="connection">In a transaction.</param>
    /// <param name="kind">The locking clause.</param>
    /// <param name="cancellation">Null: synchronously.</param>
    private static async ValueTask<LedgerState?> LockAsync(NpgsqlConnection connection, string kind, CancellationToken? cancellation)
    {
        await using NpgsqlCommand command = new($"{StateText} {kind}", connection) { CommandTimeout = PatienceSeconds };
        await using NpgsqlDataReader reader = cancellation is { } token ? await command.ExecuteReaderAsync(token) : command.ExecuteReader();
        bool found = cancellation is { } again ? await reader.ReadAsync(again) : reader.Read();
        return found ? StateOf(reader) : null;
    }

    private static void Execute(NpgsqlConnection connection, string text)
    {
        using NpgsqlCommand command = new(text, connection);
        command.ExecuteNonQuery();
    }

    private static LedgerState StateOf(NpgsqlDataReader reader) => new(
        new UnixSeconds(reader.GetInt64(0)),
        new UnixSeconds(reader.GetInt64(1)),
        new UnixSeconds(reader.GetInt64(2)),
        new UnixSeconds(reader.GetInt64(3)),
        new UnixSeconds(reader.GetInt64(4)));
}
