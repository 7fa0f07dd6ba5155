using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Chaos.Node;

namespace CaptchaCluster.Tests.Chaos.Deployments.Embedded;

/// <summary>One gateway over one data directory, from its first process to its last.</summary>
internal sealed class EmbeddedStage : Stage
{
    private const int DiskMegabytes = 64;

    public EmbeddedStage(Scene scene)
        : base(scene)
    {
        // The disk of the others is really synced; and libfaketime slows a process down.
        IsShortLived = scene.Number % 2 == 1;
        Disk = IsShortLived && SmallDisk.WhyNot is null ? new SmallDisk(DiskMegabytes) : null;
        FakeClock? clock = scene.Number % 4 == 0 && FakeClock.WhyNot is null ? new FakeClock(scene.Folder) : null;
        Node = new ChaosNode(new GatewayCommand(Disk?.Data ?? Path.Combine(scene.Folder, "data")), scene.Folder, clock, excuses: [], Pulse);
    }

    public ChaosNode Node { get; }

    /// <summary>Under the node's data directory, where it has one of its own.</summary>
    public SmallDisk? Disk { get; }

    public override IReadOnlyList<ChaosNode> Nodes => [Node];

    /// <summary>With the small disk, so that whole segments of the ledger are forgotten.</summary>
    public override bool IsShortLived { get; }

    public override IReadOnlyList<AimedFault> Aim(IEnumerable<IFault> kinds) => AimedFault.At(this, kinds);

    public override Task StartAsync() => Node.StartAsync();

    public override Task ReadLedgerAsync(bool wasKilled)
    {
        ReadLedger(wasKilled);
        return Task.CompletedTask;
    }

    /// <summary>What the ledger holds while no process has it. After a kill, or after a clean stop, of which more is asked.</summary>
    public void ReadLedger(bool wasKilled)
    {
        long before = Run.Recorder.Now;
        LedgerContent content = wasKilled
            ? LedgerOnDisk.ReadAsLeft(Node.DataDirectory, Run.Recorder)
            : LedgerOnDisk.Read(Node.DataDirectory, Run.Recorder);
        Run.Recorder.MarkReading(before, content);
    }

    /// <summary>Ends the node's process after a fault, one way or the other, and starts the next.</summary>
    public async Task RestartAsync(bool kill)
    {
        Log.Write($"  restart, {(kill ? "killed" : "stopped")}");
        if (kill)
        {
            Node.Kill();
            await Node.Process.EndedAsync();
        }
        else
        {
            Node.Terminate();
            await Node.StoppedAsync();
        }

        ReadLedger(wasKilled: true); // a failed write is in it
        await Node.StartAsync();
    }

    public override Task<RecordedHistory> CompleteAsync() => Task.FromResult(Run.Complete(Node.DataDirectory));

    public override void Keep()
    {
        if (Disk is not null && Directory.Exists(Disk.Data)) Tool.Run("cp", "-r", Disk.Data, Path.Combine(Folder, "data"));
    }

    public override async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        Disk?.Dispose();
    }
}
