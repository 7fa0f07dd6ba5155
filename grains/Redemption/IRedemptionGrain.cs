namespace CaptchaCluster.Grains.Redemption;

/// <summary>
/// An address of one shard: its key is the shard's number, or that and a multiple of the shards' count. It takes requests for
/// others as well. Two of one shard may answer at once, for a while: what one has recorded the other finds in the
/// ledger, as neither grants anything without asking that.
/// </summary>
/// <remarks>Every failure of a call, a rejection too, says nothing of its requests. Bring them again, as the same attempts.</remarks>
[Alias("captchacluster.IRedemptionGrain")]
public interface IRedemptionGrain : IGrainWithIntegerKey
{
    /// <summary>How long a caller waits. A hung silo is known as such only after seconds; until then each retry costs this.</summary>
    const string Patience = "00:00:02";

    [Alias("Redeem"), ResponseTimeout(Patience)]
    Task<ShardReply> RedeemAsync(RedemptionBatch batch);

    [Alias("Peek"), ResponseTimeout(Patience)]
    Task<ShardReply> PeekAsync(PeekBatch batch);
}
