using CaptchaCluster.Tests.Chaos.Nemesis;

namespace CaptchaCluster.Tests.Chaos.Deployments.Database;

/// <summary>kill -9 of one process of the database server that serves a connection: the server ends all of them and recovers by itself.</summary>
internal sealed class BackendKillFault : IFault<DatabaseStage>
{
    private const string Backend =
        "SELECT pid FROM pg_stat_activity WHERE query LIKE '%INSERT INTO redemption %' AND pid <> pg_backend_pid() ORDER BY state, random() LIMIT 1";

    public string Kind => "db-backend";

    public string Description => "kill -9 of one connection's process of the database server";

    public string? WhyNot => null;

    public bool FitsIn(DatabaseStage stage) => true;

    public async Task<bool> StrikeAsync(DatabaseStage stage, Random random)
    {
        if (await stage.ReadNumberAsync(Backend) is not { } backend) return false;
        int interrupted = stage.Interrupted;
        int recoveries = stage.Server.Recoveries;
        bool isKilled = false;
        await stage.Pulse.AtSendAsync(random.Next(1, 400), () => isKilled = ProcessTree.TrySend((int)backend, Signal.Kill));
        if (!isKilled) return false;
        await stage.Server.RecoveredAsync(recoveries);
        await stage.ReadyAsync();
        await stage.ReadLedgerAsync(wasKilled: true);
        return stage.Interrupted > interrupted;
    }
}
