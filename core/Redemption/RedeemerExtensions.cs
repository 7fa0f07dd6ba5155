namespace CaptchaCluster.Redemption;

public static class RedeemerExtensions
{
    /// <summary>When what is made now is issued: after a restore, what was issued up to the floor is refused, and the clock may still stand at it.</summary>
    public static UnixSeconds IssueTime(this IRedeemer redeemer, TimeProvider clock)
    {
        UnixSeconds now = UnixSeconds.Now(clock);
        return now > redeemer.IssuedFloor ? now : redeemer.IssuedFloor + 1;
    }

    /// <summary>Redeems all of them at once, so that they share commits; returns when the last is answered. Outcomes are in the order of the requests.</summary>
    public static async Task<RedemptionOutcome[]> RedeemAllAsync(this IRedeemer redeemer, ReadOnlyMemory<RedemptionRequest> requests)
    {
        ValueTask<RedemptionOutcome>[] pending = new ValueTask<RedemptionOutcome>[requests.Length];
        redeemer.RedeemAll(requests.Span, pending);
        RedemptionOutcome[] outcomes = new RedemptionOutcome[pending.Length];

        // The last first: as a rule they are answered in order, and all others are there when it is.
        for (int i = pending.Length - 1; i >= 0; i--) outcomes[i] = await pending[i].ConfigureAwait(false);
        return outcomes;
    }

    /// <summary>As <see cref="RedeemAllAsync"/>, for looks.</summary>
    public static async Task<PeekOutcome[]> PeekAllAsync(this IRedeemer redeemer, ReadOnlyMemory<PeekRequest> requests)
    {
        ValueTask<PeekOutcome>[] pending = new ValueTask<PeekOutcome>[requests.Length];
        for (int i = 0; i < pending.Length; i++) pending[i] = redeemer.PeekAsync(requests.Span[i].Token, requests.Span[i].ExpiresAt, requests.Span[i].Asker);
        PeekOutcome[] outcomes = new PeekOutcome[pending.Length];
        for (int i = 0; i < pending.Length; i++) outcomes[i] = await pending[i].ConfigureAwait(false);
        return outcomes;
    }
}
