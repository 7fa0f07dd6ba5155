using CaptchaCluster.Redemption;

namespace CaptchaCluster.Grains.Redemption;

/// <summary>What a silo lends its grains: the hosts of its shards, whose loops, connections and memory are the process's.</summary>
/// <param name="Redeemer">Over a ledger that all silos share.</param>
/// <param name="Shards">Into how many the cluster cuts the tokens.</param>
public sealed record SiloLedger(IRedeemer Redeemer, ShardCount Shards);
