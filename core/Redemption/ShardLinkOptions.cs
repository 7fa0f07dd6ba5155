namespace CaptchaCluster.Redemption;

public sealed record ShardLinkOptions
{
    /// <summary>Requests that may wait for one shard, or for all of a place; one more is answered Overloaded (I10). Default 16,384.</summary>
    public int MaxQueued { get; init; } = 16_384;

    /// <summary>Requests in one call. Default 1,024.</summary>
    public int MaxBatch { get; init; } = 1_024;

    /// <summary>Ways that a call may take, and as many calls may be under way at once. Default 8.</summary>
    public int Routes { get; init; } = 8;

    /// <summary>After this the next call no longer waits for the one that is under way, and takes another route. Default 500 ms.</summary>
    public TimeSpan LateAfter { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often a route that was passed over is asked whether it answers again. Default 1 s.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// For how long a request is brought to its shard again after calls that failed; then it is answered Unknown. Together with
    /// the call that is under way by then it stays below what callers of a verification wait, 10 s as a rule. Default 5 s.
    /// </summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>From a call that failed to the next; doubles with every further one. Default 20 ms.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Default 500 ms.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromMilliseconds(500);
}
