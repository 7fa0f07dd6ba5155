using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Redemption;

/// <summary>The way to the owner of a token: in this process, or across the cluster.</summary>
public interface IRedeemer
{
    /// <summary>
    /// As <see cref="IRedemptionStore.IssuedFloor"/>, and no lower than the ledger's own was when it established any outcome that was
    /// given so far. It may rise while a request is under way: whoever rests a success on it looks at it after the outcome.
    /// </summary>
    UnixSeconds IssuedFloor { get; }

    /// <summary>Whether redemptions can be recorded now; false ends readiness (I9).</summary>
    bool IsReady { get; }

    /// <summary>
    /// Redeems a token for an attempt, or tells what stands against it. Never throws for a failure of the ledger: that is
    /// <see cref="RedemptionStatus.Unknown"/>. Cannot be cancelled: a caller that hangs up leaves its item in its batch.
    /// </summary>
    ValueTask<RedemptionOutcome> RedeemAsync(in RedemptionRequest request);

    /// <summary>As <see cref="RedeemAsync"/> for each of them. Those of one owner come to it at once, so that they share a turn and its commit.</summary>
    /// <param name="requests">The caller's again on return.</param>
    /// <param name="outcomes">As long as the requests; filled on return, in their order.</param>
    void RedeemAll(ReadOnlySpan<RedemptionRequest> requests, Span<ValueTask<RedemptionOutcome>> outcomes)
    {
        for (int i = 0; i < requests.Length; i++) outcomes[i] = RedeemAsync(requests[i]);
    }

    /// <summary>
    /// Tells what is known of a token and spends nothing. What it tells was so at some moment after the call began: it goes
    /// to the token's owner, as a redemption does. Never throws for a failure of the ledger: that is <see cref="PeekStatus.Unknown"/>.
    /// </summary>
    /// <param name="token">The token's id.</param>
    /// <param name="expiresAt">The token's own expiry: an id determines it.</param>
    /// <param name="asker">
    /// Whose secret authenticated the question, where one did: it must still be valid when the look is taken (I8).
    /// </param>
    ValueTask<PeekOutcome> PeekAsync(TokenId token, UnixSeconds expiresAt, SiteGeneration? asker = null);
}
