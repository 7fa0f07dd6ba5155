using CaptchaCluster.Tests.Load.Latency;

namespace CaptchaCluster.Tests.Unit.Load;

public sealed class LatencyHistogramTests
{
    private const int Seed = 20_261_120;
    private const double Precision = 1.0 / 128;

    [Fact]
    public void A_quantile_is_never_below_the_true_one_and_at_most_a_128th_above_it()
    {
        Random random = new(Seed);
        long[] ticks = [.. Enumerable.Range(0, 20_000).Select(_ => (long)Math.Pow(10, random.NextDouble() * 10.5))];
        LatencyHistogram histogram = new();
        foreach (long tick in ticks) histogram.Record(new TimeSpan(tick));

        Array.Sort(ticks);
        foreach (double quantile in (double[])[0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1])
        {
            long exact = ticks[Math.Max(1, (int)Math.Ceiling(quantile * ticks.Length)) - 1];
            Assert.InRange(histogram.At(quantile).Ticks, exact, (long)(exact * (1 + Precision)) + 1);
        }
    }

    [Fact]
    public void Every_duration_up_to_the_longest_keeps_its_precision()
    {
        for (long ticks = 1; ticks <= LatencyHistogram.Longest.Ticks; ticks += 1 + (ticks / 50))
        {
            LatencyHistogram histogram = new();
            histogram.Record(new TimeSpan(ticks));
            histogram.Record(LatencyHistogram.Longest);
            Assert.InRange(histogram.At(0.5).Ticks, ticks, (long)(ticks * (1 + Precision)));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    public void Below_25_microseconds_it_is_exact(long ticks)
    {
        LatencyHistogram histogram = new();
        histogram.Record(new TimeSpan(ticks));
        histogram.Record(TimeSpan.FromSeconds(1));
        Assert.Equal(ticks, histogram.At(0.5).Ticks);
    }

    [Fact]
    public void The_longest_of_all_is_exact()
    {
        LatencyHistogram histogram = new();
        histogram.Record(TimeSpan.FromTicks(123_456_789));
        histogram.Record(TimeSpan.FromTicks(1_000));
        Assert.Equal(123_456_789, histogram.Max.Ticks);
        Assert.Equal(123_456_789, histogram.At(1).Ticks);
    }

    [Fact]
    public void What_does_not_fit_counts_as_the_longest_or_as_nothing()
    {
        LatencyHistogram histogram = new();
        histogram.Record(TimeSpan.FromDays(3));
        histogram.Record(TimeSpan.FromTicks(-5));
        Assert.Equal(2, histogram.Count);
        Assert.Equal(LatencyHistogram.Longest, histogram.Max);
        Assert.Equal(TimeSpan.Zero, histogram.At(0.5));
    }

    [Fact]
    public void Two_added_together_are_as_one_that_saw_all()
    {
        Random random = new(Seed);
        LatencyHistogram all = new(), left = new(), right = new();
        for (int i = 0; i < 5_000; i++)
        {
            TimeSpan time = new(random.NextInt64(1, 50_000_000));
            all.Record(time);
            (i % 3 == 0 ? left : right).Record(time);
        }

        left.Add(right);
        Assert.Equal(all.Count, left.Count);
        Assert.Equal(all.Max, left.Max);
        for (double quantile = 0; quantile <= 1; quantile += 0.01) Assert.Equal(all.At(quantile), left.At(quantile));
    }

    [Fact]
    public void Where_nothing_was_recorded_every_quantile_is_zero()
    {
        LatencyHistogram histogram = new();
        Assert.Equal(TimeSpan.Zero, histogram.At(0.5));
        Assert.Equal(TimeSpan.Zero, histogram.Max);
    }
}
