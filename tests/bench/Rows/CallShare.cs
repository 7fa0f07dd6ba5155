using CaptchaCluster.Bench.Servers;

namespace CaptchaCluster.Bench.Rows;

/// <summary>What requests took of the way between gateway and silos.</summary>
/// <param name="CallsPerSecond">Each brings a batch to a silo, and its outcomes back.</param>
/// <param name="RequestsPerCall">In one of them.</param>
internal sealed record CallShare(double CallsPerSecond, double RequestsPerCall)
{
    public static CallShare Of(in ShardCalls calls, TimeSpan elapsed) => new(calls.Calls / elapsed.TotalSeconds, (double)calls.Requests / Math.Max(1, calls.Calls));
}
