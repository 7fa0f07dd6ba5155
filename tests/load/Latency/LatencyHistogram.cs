using System.Numerics;

namespace CaptchaCluster.Tests.Load.Latency;

/// <summary>
/// Counts of durations in buckets that widen with the duration: exact below 25.6 µs, from there on never wider than 1/128 of
/// what they hold, up to two hours. Has one writer.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int SubBucketBits = 7;
    private const int SubBuckets = 1 << SubBucketBits;
    private const int MaxBits = 36;
    private const int BucketCount = ((MaxBits - SubBucketBits) * SubBuckets) + SubBuckets;

    private readonly long[] counts = new long[BucketCount];

    /// <summary>What is longer counts as this long.</summary>
    public static TimeSpan Longest => new((1L << MaxBits) - 1);

    public long Count { get; private set; }

    /// <summary>Exact, unless longer than <see cref="Longest"/>; zero where nothing was recorded.</summary>
    public TimeSpan Max { get; private set; }

    public void Record(TimeSpan duration, long times = 1)
    {
        long ticks = Math.Clamp(duration.Ticks, 0, Longest.Ticks);
        counts[IndexOf(ticks)] += times;
        Count += times;
        if (ticks > Max.Ticks) Max = new TimeSpan(ticks);
    }

    public void Add(LatencyHistogram other)
    {
        for (int i = 0; i < BucketCount; i++) counts[i] += other.counts[i];
        Count += other.Count;
        if (other.Max > Max) Max = other.Max;
    }

    /// <summary>
    /// The duration that this share of all did not exceed, at most 1/128 above the true one; zero where nothing was recorded.
    /// </summary>
    /// <param name="quantile">0…1.</param>
    public TimeSpan At(double quantile)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quantile, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quantile, 1);
        long wanted = Math.Max(1, (long)Math.Ceiling(quantile * Count));
        long seen = 0;
        for (int i = 0; i < BucketCount; i++)
        {
            seen += counts[i];
            if (seen >= wanted) return new TimeSpan(Math.Min(HighestIn(i), Max.Ticks));
        }

        return TimeSpan.Zero;
    }

    private static int IndexOf(long ticks)
    {
        int shift = Math.Max(0, BitOperations.Log2((ulong)ticks | 1) - SubBucketBits);
        return (shift * SubBuckets) + (int)(ticks >> shift);
    }

    private static long HighestIn(int index)
    {
        int shift = Math.Max(0, (index / SubBuckets) - 1);
        long first = index - ((long)shift * SubBuckets);
        return ((first + 1) << shift) - 1;
    }
}
