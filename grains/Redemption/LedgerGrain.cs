using Orleans.Concurrency;

namespace CaptchaCluster.Grains.Redemption;

[StatelessWorker(1), Reentrant, GrainType("captchacluster.ledger")]
internal sealed class LedgerGrain(SiloLedger ledger, IShardHomes homes) : Grain, ILedgerGrain
{
    public Task<LedgerState> StateAsync() => Task.FromResult(new LedgerState
    {
        Shards = ledger.Shards.Value,
        IssuedFloor = ledger.Redeemer.IssuedFloor.Value,
        IsReady = ledger.Redeemer.IsReady,
        Lanes = homes.Lanes,
    });
}
