using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Chaos.Workload;
using CaptchaCluster.Tests.Processes.Postgres;

namespace CaptchaCluster.Tests.Chaos.Deployments.Database;

/// <summary>
/// The database server ends while inserts are under way, and is started again: at once, or after every gateway has said that it
/// is not ready.
/// </summary>
internal sealed class DatabaseEndFault(string kind, string description, Action<PostgresServer> end) : IFault<DatabaseStage>
{
    public string Kind => kind;

    public string Description => description;

    public string? WhyNot => null;

    public bool FitsIn(DatabaseStage stage) => true;

    public async Task<bool> StrikeAsync(DatabaseStage stage, Random random)
    {
        int interrupted = stage.Interrupted;
        await stage.Pulse.AtSendAsync(random.Next(1, 400), () => end(stage.Server));
        await stage.Server.EndedAsync();
        if (random.Next(2) == 0) await SitOutAsync(stage, random);
        await stage.Server.StartAsync();
        await stage.ReadLedgerAsync(wasKilled: true);
        await stage.ReadyAsync();
        return stage.Interrupted > interrupted;
    }

    // I9.
    private static async Task SitOutAsync(DatabaseStage stage, Random random)
    {
        await Pulse.UntilAsync(async () => !await stage.IsAnyReadyAsync(), "every gateway's word that it is not ready");
        long from = stage.Run.Recorder.Now, undecided = stage.Pulse.Undecided;
        await Pulse.UntilAsync(() => stage.Pulse.Undecided > undecided, "503 while there is no database");
        await Task.Delay(random.Next(0, 1500));
        if (await stage.IsAnyReadyAsync()) throw new InvalidOperationException("A gateway says that it is ready, and there is no database.");
        stage.Run.Recorder.MarkOutage(from);
    }
}
