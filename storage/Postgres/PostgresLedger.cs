using Npgsql;

namespace CaptchaCluster.Storage.Postgres;

/// <summary>
/// What this process knows of the ledger in the database: horizon, floor, and whether it can be reached. Keeps partitions
/// ahead of need, and finds the way back after the database was lost. Stores of several shards share one.
/// </summary>
public sealed class PostgresLedger : IAsyncDisposable
{
    // Others may be starting too, and each makes sure of its partitions.
    private static readonly TimeSpan AtStart = TimeSpan.FromSeconds(60);

    private readonly PostgresDatabase database;
    private readonly RedemptionPartitions partitions;
    private readonly TimeProvider clock;
    private readonly Action<string> notice;
    private readonly CancellationTokenSource stopping = new();
    private readonly SemaphoreSlim wake = new(0);
    private readonly Task upkeep;
    private long horizon;
    private long issuedFloor;
    private long oldestUpper;
    private volatile bool isReachable = true;

    private PostgresLedger(PostgresDatabase database, LedgerState state, TimeProvider clock, Action<string> notice)
    {
        this.database = database;
        this.clock = clock;
        this.notice = notice;
        partitions = new RedemptionPartitions(database.Options);
        Learn(state);
        upkeep = Task.Run(KeepAsync);
    }

    internal PostgresDatabase Database => database;

    internal UnixSeconds Horizon => new(Volatile.Read(ref horizon));

    internal UnixSeconds IssuedFloor => new(Volatile.Read(ref issuedFloor));

    /// <summary>False from a failed commit on, until the database has committed something again.</summary>
    internal bool IsReachable => isReachable;

    /// <param name="database">Outlives the ledger.</param>
    /// <param name="clock">For intervals; expiry is judged by the database's clock.</param>
    /// <param name="notice">Hears, in one line each, what an operator should know.</param>
    /// <exception cref="DatabaseException">It cannot be used; the message says why.</exception>
    public static async Task<PostgresLedger> OpenAsync(PostgresDatabase database, TimeProvider clock, Action<string> notice)
    {
        try
        {
            await using NpgsqlConnection connection = await database.OpenAsync(CancellationToken.None);
            RedemptionPartitions partitions = new(database.Options);
            LedgerState state = await partitions.ReadAsync(connection, CancellationToken.None);
            RefuseHorizonFromTheFuture(state, database.Options);
            if (database.Options.Restored) await partitions.RaiseFloorAsync(connection, UnixSeconds.Now(clock));
            await partitions.AttachAsync(connection, patience: AtStart, CancellationToken.None);
            return new PostgresLedger(database, await partitions.ReadAsync(connection, CancellationToken.None), clock, notice);
        }
        catch (Exception exception) when (exception is not DatabaseException && DatabaseFailure.Is(exception))
        {
            throw new DatabaseException($"The ledger in the database of Store:ConnectionString cannot be used: {exception.Message}", exception);
        }
    }

    /// <summary>Ends the upkeep. The stores are out of use by now.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await upkeep;
        stopping.Dispose();
        wake.Dispose();
    }

    /// <summary>Drops the partitions that expired at or before <paramref name="upTo"/>, by both clocks; puts it off where somebody is in the way.</summary>
    internal void Purge(UnixSeconds upTo)
    {
        if (!isReachable || Volatile.Read(ref oldestUpper) == 0 || Volatile.Read(ref oldestUpper) > upTo.Value + 1) return;
        try
        {
            using NpgsqlConnection connection = database.Open();
            Learn(partitions.Purge(connection, upTo));
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            // The next time.
        }
        catch (Exception exception)
        {
            Lost(exception);
        }
    }

    internal void LearnFloor(UnixSeconds floor) => Raise(ref issuedFloor, floor.Value);

    /// <summary>The database did not do what it was asked to: nothing is tried before the upkeep has reached it again.</summary>
    internal void Lost(Exception exception)
    {
        if (isReachable) notice($"The database is out of reach: {exception.Message}");
        isReachable = false;
        wake.Release();
    }

    private static void RefuseHorizonFromTheFuture(LedgerState state, PostgresOptions options)
    {
        if (state.Horizon <= state.Now + options.MaxTtlSeconds + options.MaxClockSkewSeconds) return;
        throw new DatabaseException(
            $"The ledger in the database has forgotten tokens up to {state.Horizon}, and the database's clock says {state.Now}: one of the two is wrong. "
            + "Set the clock right and start again. If it ran ahead earlier, wait until it is within "
            + "Tokens:MaxTtlSeconds + Redemption:MaxClockSkewSeconds of that time.");
    }

    private async Task KeepAsync()
    {
        Backoff backoff = new();
        TimeSpan wait = database.Options.UpkeepInterval;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await wake.WaitAsync(wait, stopping.Token);
                await LookAfterAsync();
                backoff.Reset();
                wait = database.Options.UpkeepInterval;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                // Somebody is in the way; the next time.
            }
            catch (Exception exception)
            {
                // Whatever it was: who stopped here would never find the way back.
                Lost(exception);
                wait = backoff.Next();
                while (wake.Wait(0)) continue; // nobody's call cuts the wait short
            }
        }
    }

    private async Task LookAfterAsync()
    {
        await using NpgsqlConnection connection = await database.OpenAsync(stopping.Token);
        LedgerState state = await partitions.ReadAsync(connection, stopping.Token);
        if (state.AttachedUpTo < state.Now + database.Options.ReachSeconds) await partitions.AttachAsync(connection, patience: null, stopping.Token);
        Learn(state);
        if (isReachable) return;

        // A server that only reads is of no use: its disk may be full.
        await RedemptionPartitions.ProbeAsync(connection, stopping.Token);
        notice("The database is reached again.");
        isReachable = true;
    }

    private void Learn(LedgerState state)
    {
        Raise(ref horizon, state.Horizon.Value);
        Raise(ref issuedFloor, state.IssuedFloor.Value);
        Volatile.Write(ref oldestUpper, state.OldestUpper.Value);
    }

    private static void Raise(ref long field, long value)
    {
        long known = Volatile.Read(ref field);
        while (known < value)
        {
            long seen = Interlocked.CompareExchange(ref field, value, known);
            if (seen == known) return;
            known = seen;
        }
    }
}
