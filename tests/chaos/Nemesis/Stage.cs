using CaptchaCluster.Tests.Chaos.Node;
using CaptchaCluster.Tests.Chaos.Summary;
using CaptchaCluster.Tests.Chaos.Workload;

namespace CaptchaCluster.Tests.Chaos.Nemesis;

/// <summary>What faults meet in one epoch.</summary>
/// <param name="Node">That is under load.</param>
/// <param name="Run">Its history.</param>
/// <param name="Pulse">How the callers fare.</param>
/// <param name="Disk">Under the node's data directory, where it has one of its own.</param>
/// <param name="Clock">That the node goes by, where that can be set.</param>
/// <param name="Folder">For whatever faults write.</param>
/// <param name="Log">What was done, and when.</param>
internal sealed record Stage(
    ChaosNode Node, RecordedRun Run, Pulse Pulse, SmallDisk? Disk, FakeClock? Clock, string Folder, RunLog Log)
{
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
}
