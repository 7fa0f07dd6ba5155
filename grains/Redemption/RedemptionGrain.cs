using CaptchaCluster.Redemption;
using Orleans.Concurrency;

namespace CaptchaCluster.Grains.Redemption;

/// <summary>
/// Brings what is sent to a shard to the silo's hosts, where the batches of all its shards and of all gateways share commits.
/// Reentrant: while some wait for their commit, others come in for the next.
/// </summary>
[Reentrant, ShardPlacement, GrainType("captchacluster.redemption")]
internal sealed class RedemptionGrain(SiloLedger ledger, IShardHomes homes) : Grain, IRedemptionGrain
{
    // How long a shard may stay on a silo after another, which started again, has become its home.
    private static readonly TimeSpan HomeCheck = TimeSpan.FromSeconds(2);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        this.RegisterGrainTimer(_ => GoHomeAsync(), new GrainTimerCreationOptions(HomeCheck, HomeCheck));
        return Task.CompletedTask;
    }

    public async Task<ShardReply> RedeemAsync(RedemptionBatch batch)
    {
        if (batch.Shards != ledger.Shards.Value) return Reply([]);
        return Reply(ShardReply.Pack(await ledger.Redeemer.RedeemAllAsync(batch.Read())));
    }

    public async Task<ShardReply> PeekAsync(PeekBatch batch)
    {
        if (batch.Shards != ledger.Shards.Value) return Reply([]);
        return Reply(ShardReply.Pack(await ledger.Redeemer.PeekAllAsync(batch.Read())));
    }

    private ShardReply Reply(byte[] items) => new() { Shards = ledger.Shards.Value, IssuedFloor = ledger.Redeemer.IssuedFloor.Value, Items = items };

    // What is under way here is answered first; what comes meanwhile goes with it. A mere end would not do: silos that remember
    // this one would send to it as before, and it would begin here once more.
    private Task GoHomeAsync()
    {
        if (!homes.IsHome((int)this.GetPrimaryKeyLong())) MigrateOnIdle();
        return Task.CompletedTask;
    }
}
