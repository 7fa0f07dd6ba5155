namespace CaptchaCluster.Redemption;

public static class RedeemerExtensions
{
    /// <summary>When what is made now is issued: after a restore, what was issued up to the floor is refused, and the clock may still stand at it.</summary>
    public static UnixSeconds IssueTime(this IRedeemer redeemer, TimeProvider clock)
    {
        UnixSeconds now = UnixSeconds.Now(clock);
        return now > redeemer.IssuedFloor ? now : redeemer.IssuedFloor + 1;
    }
}
