namespace CaptchaCluster.Tests.History;

/// <summary>All operations of one attempt key on one token, fed in the order of their calls.</summary>
internal struct AttemptSummary(UInt128 attempt)
{
    public readonly UInt128 Attempt = attempt;
    public long EarliestRedemption = long.MaxValue;
    public int EarliestRedemptionOp = -1;
    public long FirstSuccessReturn = long.MaxValue;
    public int FirstSuccessOp = -1;
    public long FirstDuplicateReturn = long.MaxValue;
    public int FirstDuplicateOp = -1;
    public bool Anonymous;

    public readonly bool HasSuccess => FirstSuccessOp >= 0;

    public void Add(int index, in AttemptOperation op, bool canHaveRedeemed)
    {
        Anonymous |= op.Anonymous;
        if (canHaveRedeemed && EarliestRedemptionOp < 0) (EarliestRedemption, EarliestRedemptionOp) = (op.Call, index);
        if (op.Verdict == Verdict.Success && op.Return < FirstSuccessReturn) (FirstSuccessReturn, FirstSuccessOp) = (op.Return, index);
        if (op.Verdict == Verdict.Duplicate && op.Return < FirstDuplicateReturn) (FirstDuplicateReturn, FirstDuplicateOp) = (op.Return, index);
    }
}
