using System.Diagnostics;
using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Chaos.Workload;
using Npgsql;

namespace CaptchaCluster.Tests.Chaos.Deployments.Postgres;

/// <summary>
/// A partition with redemptions in it is due: all gateways purge and insert at once, and sometimes somebody's long transaction
/// is in their way for seconds.
/// </summary>
internal sealed class PurgeFault : IFault<PostgresStage>
{
    private const string OldestExpiry = "SELECT min(exp) FROM redemption";

    // Of the partition, or of the table that it is one of.
    private const string Waiting = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted";

    /// <summary>That a partition lives after the first of its tokens has expired, three times over.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(90);

    public string Kind => "purge";

    public string Description => "a partition is dropped under load, sometimes with a long transaction in the way";

    public string? WhyNot => null;

    public bool FitsIn(PostgresStage stage) => true;

    public async Task<bool> StrikeAsync(PostgresStage stage, Random random)
    {
        long? oldest = null;
        await Pulse.UntilAsync(async () => (oldest = await stage.ReadNumberAsync(OldestExpiry)) is not null, "a redemption that can be forgotten");
        if (random.Next(2) == 0 && !await StandInTheWayAsync(stage, oldest!.Value, random)) return false;
        long succeeded = stage.Pulse.Succeeded;
        for (Stopwatch waited = Stopwatch.StartNew(); await stage.ReadNumberAsync(OldestExpiry) <= oldest; await Task.Delay(50))
        {
            if (waited.Elapsed > Longest) return false; // who inserts on a busy machine holds his locks for long, and a purge waits for none
        }

        await stage.ReadLedgerAsync(wasKilled: false);
        return stage.Pulse.Succeeded > succeeded;
    }

    private static async Task<bool> StandInTheWayAsync(PostgresStage stage, long oldest, Random random)
    {
        await using NpgsqlConnection connection = await stage.OpenAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await using NpgsqlCommand look = new($"SELECT count(*) FROM redemption WHERE exp = {oldest}", connection);
        await look.ExecuteScalarAsync(); // its lock lasts as long as the transaction
        bool isMet = false;
        for (Stopwatch waited = Stopwatch.StartNew(); !isMet && waited.Elapsed < Longest; await Task.Delay(50))
            isMet = await stage.ReadNumberAsync(Waiting) > 0;
        await Task.Delay(random.Next(0, 2000));
        await transaction.RollbackAsync();
        return isMet;
    }
}
