using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Chaos.Node;
using CaptchaCluster.Tests.Chaos.Summary;
using CaptchaCluster.Tests.Chaos.Workload;

namespace CaptchaCluster.Tests.Chaos.Deployments;

/// <summary>Of one epoch.</summary>
/// <param name="Number">From 0.</param>
/// <param name="Run">Its history.</param>
/// <param name="Folder">For whatever processes and faults write.</param>
/// <param name="Log">Of the whole run: what was done, and when.</param>
internal sealed record Scene(int Number, RecordedRun Run, string Folder, RunLog Log);

/// <summary>A deployment during one epoch: nodes over a ledger that is empty at first, and what faults meet.</summary>
internal abstract class Stage(Scene scene) : IAsyncDisposable
{
    public int Number => scene.Number;

    public RecordedRun Run => scene.Run;

    public string Folder => scene.Folder;

    public RunLog Log => scene.Log;

    /// <summary>How the callers of all nodes fare.</summary>
    public Pulse Pulse { get; } = new();

    /// <summary>That are under load.</summary>
    public abstract IReadOnlyList<ChaosNode> Nodes { get; }

    /// <summary>No token lives longer than seconds here.</summary>
    public virtual bool IsShortLived => false;

    /// <summary>Ids of tokens that the ledger has recorded under load without any node being told so.</summary>
    public virtual IReadOnlyCollection<UInt128> Unheard => [];

    public ChaosNode AnyNode(Random random) => Nodes[random.Next(Nodes.Count)];

    /// <summary>Of some kinds of faults those that can be made here.</summary>
    public abstract IReadOnlyList<AimedFault> Aim(IEnumerable<IFault> kinds);

    /// <summary>Returns once every node serves.</summary>
    public abstract Task StartAsync();

    /// <summary>Returns once every node has said that it is ready.</summary>
    public virtual Task ReadyAsync() => Task.CompletedTask;

    /// <summary>Puts what the ledger holds into the history.</summary>
    /// <param name="wasKilled">A process ended in the middle of whatever it did; of one that was stopped more is asked.</param>
    public abstract Task ReadLedgerAsync(bool wasKilled);

    /// <summary>Everything, with the ledger that is left after the nodes were stopped.</summary>
    public abstract Task<RecordedHistory> CompleteAsync();

    /// <summary>Puts into the folder what tells why an epoch failed.</summary>
    public abstract void Keep();

    public abstract ValueTask DisposeAsync();

    /// <summary>What was seen of faults from outside, and how often.</summary>
    public virtual IReadOnlyList<(string What, long Count)> Evidence => [];

    public virtual async Task StopAsync()
    {
        foreach (ChaosNode node in Nodes) node.Terminate();
        foreach (ChaosNode node in Nodes) await node.StoppedAsync();
    }
}
