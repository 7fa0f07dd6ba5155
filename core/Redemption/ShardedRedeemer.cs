using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Redemption;

/// <summary>
/// Two shards in one process, over a store that takes two commits at a time: while one waits for its answer the other is
/// judged and sent. A token is always the same shard's, so its id is never in both.
/// </summary>
public sealed class ShardedRedeemer(IRedeemer first, IRedeemer second) : IRedeemer
{
    public UnixSeconds IssuedFloor => first.IssuedFloor >= second.IssuedFloor ? first.IssuedFloor : second.IssuedFloor;

    public bool IsReady => first.IsReady && second.IsReady;

    public ValueTask<RedemptionOutcome> RedeemAsync(in RedemptionRequest request) => ShardOf(request.Token).RedeemAsync(request);

    public ValueTask<PeekOutcome> PeekAsync(TokenId token, UnixSeconds expiresAt, SiteGeneration? asker = null) =>
        ShardOf(token).PeekAsync(token, expiresAt, asker);

    // Of all bits of an id only this one is not used by the table of a shard.
    private IRedeemer ShardOf(TokenId token) => token.High >> 63 == 0 ? first : second;
}
