using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace CaptchaCluster;

/// <summary>
/// By what name the program can be measured and traced. What is measured is counted where it happens, by a class there whose
/// name ends in <c>Metrics</c>; where nobody listens that costs a look at a field.
/// </summary>
public static class Instrumentation
{
    /// <summary>Of the <see cref="Meter"/> and the <see cref="ActivitySource"/>.</summary>
    public const string Name = "CaptchaCluster";

    /// <summary>Seconds: from a tenth of a millisecond, which a sync takes on a good disk, to where callers give up.</summary>
    public static readonly InstrumentAdvice<double> DurationBuckets = new()
    {
        HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    public static ActivitySource Activities { get; } = new(Name);
}
