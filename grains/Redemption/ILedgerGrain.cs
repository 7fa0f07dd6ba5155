namespace CaptchaCluster.Grains.Redemption;

/// <summary>What gateways ask any silo about the ledger. Keys mean nothing: another one may lead to another silo.</summary>
[Alias("captchacluster.ILedgerGrain")]
public interface ILedgerGrain : IGrainWithIntegerKey
{
    [Alias("State"), ResponseTimeout(IRedemptionGrain.Patience)]
    Task<LedgerState> StateAsync();
}

[GenerateSerializer, Immutable, Alias("captchacluster.LedgerState")]
public sealed class LedgerState
{
    /// <summary>Into how many shards the cluster cuts the tokens.</summary>
    [Id(0)]
    public required int Shards { get; init; }

    /// <summary>As <see cref="CaptchaCluster.Redemption.IRedeemer.IssuedFloor"/>.</summary>
    [Id(1)]
    public required long IssuedFloor { get; init; }

    /// <summary>As <see cref="CaptchaCluster.Redemption.IRedeemer.IsReady"/>, of this silo.</summary>
    [Id(2)]
    public required bool IsReady { get; init; }

    /// <summary>For each shard its lane, as this silo sees the cluster; see <see cref="CaptchaCluster.Redemption.ShardLanes"/>.</summary>
    [Id(3)]
    public int[]? Lanes { get; init; }
}
