namespace CaptchaCluster.Tests.Load.Latency;

/// <summary>The points of a distribution that reports show.</summary>
internal sealed record LatencySummary
{
    private LatencySummary()
    {
    }

    public required TimeSpan P50 { get; init; }

    public required TimeSpan P90 { get; init; }

    public required TimeSpan P99 { get; init; }

    public required TimeSpan P999 { get; init; }

    public required TimeSpan Max { get; init; }

    public static LatencySummary Of(LatencyHistogram histogram) => new()
    {
        P50 = histogram.At(0.5),
        P90 = histogram.At(0.9),
        P99 = histogram.At(0.99),
        P999 = histogram.At(0.999),
        Max = histogram.Max,
    };
}
