using System.Runtime.InteropServices;
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

    public void RedeemAll(ReadOnlySpan<RedemptionRequest> requests, Span<ValueTask<RedemptionOutcome>> outcomes)
    {
        RedeemPart(first, requests, outcomes);
        RedeemPart(second, requests, outcomes);
    }

    public ValueTask<PeekOutcome> PeekAsync(TokenId token, UnixSeconds expiresAt, SiteGeneration? asker = null) =>
        ShardOf(token).PeekAsync(token, expiresAt, asker);

    private void RedeemPart(IRedeemer owner, ReadOnlySpan<RedemptionRequest> requests, Span<ValueTask<RedemptionOutcome>> outcomes)
    {
        List<RedemptionRequest> part = new(requests.Length);
        foreach (ref readonly RedemptionRequest request in requests)
        {
            if (ShardOf(request.Token) == owner) part.Add(request);
        }

        ValueTask<RedemptionOutcome>[] pending = new ValueTask<RedemptionOutcome>[part.Count];
        owner.RedeemAll(CollectionsMarshal.AsSpan(part), pending);
        int next = 0;
        for (int i = 0; i < requests.Length; i++)
        {
            if (ShardOf(requests[i].Token) == owner) outcomes[i] = pending[next++];
        }
    }

    // Of all bits of an id only this one is not used by the table of a shard.
    private IRedeemer ShardOf(TokenId token) => token.High >> 63 == 0 ? first : second;
}
