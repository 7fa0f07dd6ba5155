using CaptchaCluster.Tests.Chaos.Workload;

namespace CaptchaCluster.Tests.Chaos.Deployments.Embedded;

/// <summary>A ledger that can no longer commit, from the moment it is seen to the restart.</summary>
internal static class BrokenLedger
{
    /// <summary>Watches it while it lasts: verifications are answered 503 and the node is not ready. Returns whether they were.</summary>
    /// <param name="stage">Where it breaks.</param>
    /// <param name="error">What the node says of it.</param>
    /// <param name="heal">Takes the cause away, which mends nothing before a restart.</param>
    /// <param name="random">Chooses how it is restarted.</param>
    public static async Task<bool> SitOutAsync(EmbeddedStage stage, string error, Action heal, Random random)
    {
        await stage.Node.Process.Output
            .FirstAsync(line => line.Contains(" level=critical ") && line.Contains(error))
            .WaitAsync(GatewayProcess.Patience);
        stage.Log.Write("  the ledger is out of use");
        long from = stage.Run.Recorder.Now;
        long undecided = stage.Pulse.Undecided;
        await UntilSeenAsync();
        bool wasReady = await stage.Node.IsReadyAsync();
        heal();
        stage.Log.Write("  503 was seen");
        undecided = stage.Pulse.Undecided;
        await UntilSeenAsync();
        wasReady |= await stage.Node.IsReadyAsync();
        if (wasReady) throw new InvalidOperationException("The node says that it is ready, and its ledger cannot commit.");
        stage.Run.Recorder.MarkOutage(from);
        await stage.RestartAsync(kill: random.Next(2) == 0);
        return true;

        Task UntilSeenAsync() => Pulse.UntilAsync(() => stage.Pulse.Undecided > undecided, "503 while the ledger is out of use");
    }
}
