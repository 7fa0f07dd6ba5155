using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Chaos.Node;

namespace CaptchaCluster.Tests.Chaos.Deployments.Database;

/// <summary>
/// The clock that judges jumps ahead or back, within or beyond MaxClockSkew, and right again. Nothing is forgotten that the
/// gateways' clocks would still keep, and what was forgotten is not brought back.
/// </summary>
internal sealed class DatabaseClockFault : IFault<DatabaseStage>
{
    public string Kind => "db-clock";

    public string Description => "the clock of the database jumps, and back";

    public string? WhyNot => null;

    public bool FitsIn(DatabaseStage stage) => true;

    public async Task<bool> StrikeAsync(DatabaseStage stage, Random random)
    {
        int skew = (int)ChaosNode.MaxClockSkew.TotalSeconds;
        long begun = stage.Run.Recorder.Now, succeeded = stage.Pulse.Succeeded;
        int seconds = random.Next(2) == 0 ? random.Next(4, skew) : random.Next((2 * skew) + 5, 60);
        await SetAsync(stage, TimeSpan.FromSeconds(random.Next(2) == 0 ? seconds : -seconds));
        await Task.Delay(random.Next(2000, 5000));
        await stage.ReadLedgerAsync(wasKilled: false);
        await SetAsync(stage, TimeSpan.Zero);
        stage.Run.Recorder.MarkVerifierClock(begun, TimeSpan.Zero); // theirs were right all the time
        return stage.Pulse.Succeeded > succeeded;
    }

    private static async Task SetAsync(DatabaseStage stage, TimeSpan offset)
    {
        long begun = stage.Run.Recorder.Now;
        await stage.ExecuteAsync($"""
            CREATE OR REPLACE FUNCTION ledger_clock() RETURNS bigint LANGUAGE sql VOLATILE
                AS 'SELECT floor(extract(epoch FROM clock_timestamp()))::bigint + {(long)offset.TotalSeconds}'
            """);
        stage.Run.Recorder.MarkClockShift(begun, offset, stopsPurging: false);
    }
}
