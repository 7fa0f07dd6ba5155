using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.File.Ledger;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Unit.Simulation;

/// <summary>The product's own shard, commit cycle and file store, as one process of the simulation runs them.</summary>
internal sealed class SimulatedService
{
    public static readonly FileRedemptionStoreOptions Options = new() { MaxTtlSeconds = 600, MaxClockSkewSeconds = 30, SegmentBytes = 700, SegmentSeconds = 20, ReserveBytes = 800 };

    private readonly RedemptionShard shard = new();
    private readonly FileRedemptionStore store;
    private readonly CommitCycle cycle;
    private readonly List<RedemptionOperation> again = [];

    public SimulatedService(SimulatedDisk disk, ISiteAuthority sites, UnixSeconds now)
    {
        store = FileRedemptionStore.Open(disk, shard, Options, now, _ => Notices++);
        cycle = new CommitCycle(shard, store, sites);
    }

    public int Notices { get; private set; }

    public bool CanCommit => store.CanCommit;

    public UnixSeconds Horizon => store.Horizon;

    /// <summary>Returns the operations that were answered.</summary>
    public IReadOnlyList<RedemptionOperation> Turn(IEnumerable<RedemptionOperation> arrivals, UnixSeconds now)
    {
        List<RedemptionOperation> taken = [.. arrivals, .. again];
        again.Clear();
        ValueTask turn = cycle.RunAsync(taken, now, again);
        Assert.True(turn.IsCompleted);
        turn.GetAwaiter().GetResult();
        return [.. taken.Where(operation => !again.Contains(operation))];
    }

    public PeekOutcome Peek(TokenId token, UnixSeconds expiry, UnixSeconds now) => cycle.Peek(token, expiry, now);

    public void Purge(UnixSeconds upTo)
    {
        if (!store.CanCommit) return;
        try
        {
            store.PurgeAsync(upTo).GetAwaiter().GetResult();
            shard.RaiseHorizon(store.Horizon);
        }
        catch (UnknownOutcomeException)
        {
            // Poisoned, as the next turn will find.
        }
    }
}
