namespace CaptchaCluster.Tests.Load.Arrivals;

/// <summary>A request starts as soon as a connection is free: finds what the server can do, and flatters one that stalls.</summary>
/// <param name="limit">Requests at most.</param>
/// <param name="duration">None starts later than this.</param>
internal sealed class ClosedLoop(long limit, TimeSpan duration) : IArrivals
{
    private long left = limit;

    public TimeSpan? Next(TimeSpan now) => left > 0 && now < duration ? now : null;

    public void Take() => left--;

    public IEnumerable<TimeSpan> Missed(TimeSpan now) => [];
}
