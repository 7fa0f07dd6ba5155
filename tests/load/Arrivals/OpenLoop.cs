namespace CaptchaCluster.Tests.Load.Arrivals;

/// <summary>
/// Requests start when the plan says, whether or not earlier ones were answered: a server that stalls has them pile up, as
/// real visitors would, and each is counted from when it should have started. One of several that share a plan takes every
/// n-th request.
/// </summary>
internal sealed class OpenLoop : IArrivals
{
    private readonly RatePlan plan;
    private readonly long end;
    private readonly int stride;
    private long number;
    private TimeSpan start;

    /// <param name="plan">Shared.</param>
    /// <param name="limit">Requests at most, of all that share the plan.</param>
    /// <param name="offset">Which of those that share it, from 0.</param>
    /// <param name="stride">How many share it.</param>
    public OpenLoop(RatePlan plan, long limit, int offset = 0, int stride = 1)
    {
        this.plan = plan;
        this.stride = stride;
        end = Math.Min(plan.Total, limit);
        number = offset;
        start = plan.StartOf(number);
    }

    public TimeSpan? Next(TimeSpan now) => number < end ? start : null;

    public void Take()
    {
        number += stride;
        start = plan.StartOf(number);
    }

    public IEnumerable<TimeSpan> Missed(TimeSpan now)
    {
        for (; number < end && start <= now; Take()) yield return start;
    }
}
