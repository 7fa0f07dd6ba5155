using CaptchaCluster.Tests.Chaos.Nemesis;

namespace CaptchaCluster.Tests.Chaos.Deployments.Database;

/// <summary>
/// SIGSTOP of the whole database server, and SIGCONT after seconds; sometimes so late that gateways have given up, and what they
/// sent is done when nobody waits for it any more.
/// </summary>
internal sealed class DatabasePauseFault : IFault<DatabaseStage>
{
    /// <summary>After which what had been recorded before has been answered.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromMilliseconds(300);

    public string Kind => "db-pause";

    public string Description => "SIGSTOP of the database server, and SIGCONT after up to 12 s";

    public string? WhyNot => null;

    public bool FitsIn(DatabaseStage stage) => true;

    public async Task<bool> StrikeAsync(DatabaseStage stage, Random random)
    {
        await stage.Pulse.AtSendAsync(random.Next(1, 400), stage.Server.Pause);
        await Task.Delay(Settled);
        long succeeded = stage.Pulse.Succeeded;
        await Task.Delay(random.Next(3) == 0 ? random.Next(9_000, 12_000) : random.Next(300, 4_000));
        bool stoodStill = stage.Pulse.Succeeded == succeeded && stage.Pulse.InFlight > 0;
        stage.Server.Continue();
        await stage.ReadyAsync();
        await stage.ReadLedgerAsync(wasKilled: true);
        return stoodStill;
    }
}
