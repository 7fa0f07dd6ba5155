namespace CaptchaCluster.Redemption;

/// <summary>The way to the owner of a token: in this process, or across the cluster.</summary>
public interface IRedeemer
{
    /// <summary>As <see cref="IRedemptionStore.IssuedFloor"/>.</summary>
    UnixSeconds IssuedFloor { get; }

    /// <summary>Whether redemptions can be recorded now; false ends readiness (I9).</summary>
    bool IsReady { get; }

    /// <summary>
    /// Redeems a token for an attempt, or tells what stands against it. Never throws for a failure of the ledger: that is
    /// <see cref="RedemptionStatus.Unknown"/>. Cannot be cancelled: a caller that hangs up leaves its item in its batch.
    /// </summary>
    ValueTask<RedemptionOutcome> RedeemAsync(in RedemptionRequest request);
}
