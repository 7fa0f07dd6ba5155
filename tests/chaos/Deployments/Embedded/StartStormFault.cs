using CaptchaCluster.Tests.Chaos.Nemesis;

namespace CaptchaCluster.Tests.Chaos.Deployments.Embedded;

/// <summary>Killed again and again while it starts, mostly where it writes the segment into which it copies the last one.</summary>
internal sealed class StartStormFault : IFault<EmbeddedStage>
{
    public string Kind => "start-storm";

    public string Description => "kill -9 of one start after the other";

    public string? WhyNot => null;

    public bool FitsIn(EmbeddedStage stage) => true;

    public async Task<bool> StrikeAsync(EmbeddedStage stage, Random random)
    {
        stage.Node.Kill();
        await stage.Node.Process.EndedAsync();
        bool hasBitten = false;
        for (int starts = random.Next(2, 5); starts > 0; starts--) hasBitten |= await KillStartAsync(stage, random);
        await stage.Node.StartAsync();
        return hasBitten;
    }

    /// <summary>Returns whether it had begun to write.</summary>
    private static async Task<bool> KillStartAsync(EmbeddedStage stage, Random random)
    {
        using FileSystemWatcher watcher = new(LedgerOnDisk.DirectoryOf(stage.Node.DataDirectory), "*.tmp");
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        watcher.Created += (_, _) => begun.TrySetResult();
        watcher.EnableRaisingEvents = true;
        await stage.Node.LaunchAsync();
        if (random.Next(3) == 0) await Task.WhenAny(begun.Task, Task.Delay(random.Next(50, 500)));
        else await begun.Task.WaitAsync(GatewayProcess.Patience);
        stage.Node.Kill();
        await stage.Node.Process.EndedAsync();
        stage.ReadLedger(wasKilled: true);
        return begun.Task.IsCompleted;
    }
}
