using CaptchaCluster.Tests.Load.Latency;
using CaptchaCluster.Tests.Load.Mix;
using CaptchaCluster.Tests.Load.Running;

namespace CaptchaCluster.Tests.Load.Reports;

/// <summary>Which plots a test gets.</summary>
internal static class ReportPlots
{
    private static readonly double[] Shares =
        [0, 0.1, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999, 0.99995, 0.99999, 0.999999];

    public static IEnumerable<Plot> Of(LoadReport report, PhaseResult whole)
    {
        if (report.Steps.Count > 1) yield return StepsPlot(report.Steps);
        if (whole.Seconds.Count > 1)
        {
            yield return LatencyPlot(whole.Seconds);
            yield return RatePlot(whole.Seconds);
            yield return FaultPlot(whole.Seconds);
        }

        yield return DistributionPlot(whole.Total);
    }

    private static Plot LatencyPlot(IReadOnlyList<Second> seconds)
    {
        Series[] lines =
        [
            Line("p50", seconds, second => second.Latency.P50.TotalMilliseconds),
            Line("p90", seconds, second => second.Latency.P90.TotalMilliseconds),
            Line("p99", seconds, second => second.Latency.P99.TotalMilliseconds),
            Line("p99.9", seconds, second => second.Latency.P999.TotalMilliseconds),
            Line("max", seconds, second => second.Latency.Max.TotalMilliseconds),
        ];
        return new Plot("Latency", Time(seconds), Axis.Log("milliseconds", Values(lines)), lines);
    }

    private static Plot RatePlot(IReadOnlyList<Second> seconds)
    {
        List<Series> lines = [Line("answers a second", seconds, second => second.Rate)];
        if (seconds.All(second => second.Planned is not null)) lines.Add(Line("planned arrivals", seconds, second => second.Planned!.Value) with { IsDashed = true });
        return new Plot("Rate", Time(seconds), Axis.Linear("a second", Values(lines)), lines);
    }

    private static Plot FaultPlot(IReadOnlyList<Second> seconds)
    {
        Series[] lines =
        [
            Line("unknown (503)", seconds, second => second.Unknown),
            Line("no answer", seconds, second => second.Failed),
            Line("wrong", seconds, second => second.Wrong),
        ];
        return new Plot("Errors", Time(seconds), Axis.Linear("requests", Values(lines)), lines);
    }

    private static Plot DistributionPlot(Tally total)
    {
        List<Series> lines = [.. total.Kinds.Where(kind => kind.Tally.Latency.Count > 0).Select(kind => Distribution(Expectation.NameOf(kind.Kind), kind.Tally.Latency))];
        Axis shares = Axis.Shares("share of requests that took no longer", [.. lines.SelectMany(line => line.Points).Select(point => point.X)]);
        return new Plot("How many were how fast", shares, Axis.Log("milliseconds", Values(lines)), lines);
    }

    // Only as far right as there are requests to tell of.
    private static Series Distribution(string name, LatencyHistogram histogram) => new(
        name, [.. Shares.Where(share => share <= 1 - (1.0 / histogram.Count)).Select(share => (share, histogram.At(share).TotalMilliseconds))]);

    private static Plot StepsPlot(IReadOnlyList<Step> steps)
    {
        Series p50 = new("p50", [.. steps.Select(step => (step.Result.Phase.Rate!.From, step.Result.Total.Latency().At(0.5).TotalMilliseconds))], HasDots: true);
        Series p99 = new("p99", [.. steps.Select(step => (step.Result.Phase.Rate!.From, step.P99.TotalMilliseconds))], HasDots: true);
        return new Plot("Latency by rate", Axis.Linear("arrivals a second", [.. p99.Points.Select(point => point.X)]), Axis.Log("milliseconds", Values([p50, p99])), [p50, p99]);
    }

    private static Series Line(string name, IReadOnlyList<Second> seconds, Func<Second, double> value) =>
        new(name, [.. seconds.Select(second => (second.At.TotalSeconds, value(second)))]);

    private static Axis Time(IReadOnlyList<Second> seconds) => Axis.Linear("seconds", [.. seconds.Select(second => second.At.TotalSeconds)], toNextMark: false);

    private static List<double> Values(IEnumerable<Series> lines) => [.. lines.SelectMany(line => line.Points).Select(point => point.Y)];
}
