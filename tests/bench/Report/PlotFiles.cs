using CaptchaCluster.Bench.Experiments;
using CaptchaCluster.Bench.Rows;
using CaptchaCluster.Tests.Load.Reports;

namespace CaptchaCluster.Bench.Report;

/// <summary>A picture beside the page.</summary>
internal sealed record PlotFile(string Name, string Title);

/// <summary>Which pictures a run gets.</summary>
internal static class PlotFiles
{
    public static readonly PlotFile RateByConnections = new("rate-by-connections.svg", "Throughput by connections");
    public static readonly PlotFile LatencyByConnections = new("latency-by-connections.svg", "p99 by connections");
    public static readonly PlotFile RateByLive = new("rate-by-live.svg", "Throughput by live redemptions");
    public static readonly PlotFile HeapByLive = new("heap-by-live.svg", "Managed heap by live redemptions");
    public static readonly PlotFile ReadyByLive = new("ready-by-live.svg", "Start by live redemptions");

    public static readonly PlotFile PostgresRatios = new("postgres-ratios.svg", "Gateways over PostgreSQL: throughput over that of bare Kestrel");
    public static readonly PlotFile PostgresLogByLive = new("postgres-log-by-live.svg", "PostgreSQL: bytes of log per redemption, by live redemptions");
    public static readonly PlotFile PostgresCpuByLive = new("postgres-cpu-by-live.svg", "PostgreSQL: processor time per redemption, by live redemptions");

    public static PlotFile Ratios(int connections) => new($"ratios-{connections}.svg", $"Throughput over that of bare Kestrel in the same round, {connections} connections");

    public static IEnumerable<(PlotFile File, Plot Plot)> Of(BenchResults results)
    {
        foreach (IGrouping<int, Sample> samples in results.Rows.GroupBy(sample => sample.Connections))
        {
            Series[] lines = [.. RowNames.All.Where(row => row != Row.Bare && !row.IsThin()).Select(row => RatioLine(samples, row)).Where(line => line.Points.Count > 0)];
            yield return Draw(Ratios(samples.Key), Axis.Linear("round", Xs(lines)), Axis.Linear("of a", Ys(lines)), lines);
        }

        if (results.Growth.Count > 0)
        {
            Series[] rates = [.. RowLines(results.Growth, sample => sample.Connections, sample => sample.Rate)];
            yield return Draw(RateByConnections, Axis.Log("connections", Xs(rates)), Axis.Linear("answers a second", Ys(rates)), rates);
            Series[] latencies = [.. RowLines(results.Growth, sample => sample.Connections, sample => sample.P99)];
            yield return Draw(LatencyByConnections, Axis.Log("connections", Xs(latencies)), Axis.Log("milliseconds", Ys(latencies)), latencies);
        }

        foreach ((PlotFile, Plot) plot in OfPostgres(results.Postgres)) yield return plot;

        LivePoint[] live = [.. results.Live.Where(point => point.Live > 0)];
        if (live.Length == 0) yield break;
        Series[] throughput = [.. live.SelectMany(point => point.Samples.Select(sample => (point.Live, Sample: sample)))
            .GroupBy(entry => entry.Sample.Row)
            .Select(row => Line(row.Key.Name(), row, entry => entry.Live, entry => entry.Sample.Rate))];
        yield return Draw(RateByLive, Live(), Axis.Linear("answers a second", Ys(throughput)), throughput);
        Series heap = Line("managed heap after a collection", live, point => point.Live, point => point.Heap / 1e6);
        Series resident = Line("resident", live, point => point.Live, point => point.Resident / 1e6);
        yield return Draw(HeapByLive, Live(), Axis.Log("MB", Ys(heap, resident)), heap, resident);
        Series ready = Line("from the start until ready", live, point => point.Live, point => point.ReadySeconds);
        yield return Draw(ReadyByLive, Live(), Axis.Linear("seconds", Ys(ready)), ready);

        Axis Live() => Axis.Log("live redemptions", [.. live.Select(point => (double)point.Live)]);
    }

    private static IEnumerable<(PlotFile File, Plot Plot)> OfPostgres(PostgresFigures? figures)
    {
        if (figures is null) yield break;
        if (figures.Rows.Count > 0)
        {
            Series[] ratios = [.. figures.Rows.GroupBy(sample => sample.Connections).Select(samples => new Series(
                $"{samples.Key} connections",
                [.. samples.Select(sample => sample.Gateways).OfType<int>().Distinct().Order().Select(count => ((double)count, Spread.Of(BenchResults.PostgresRatios(samples, count)).Median))],
                HasDots: true))];
            yield return Draw(PostgresRatios, Axis.Linear("gateways", Xs(ratios)), Axis.Linear("of a", Ys(ratios)), ratios);
        }

        if (figures.Live.Count == 0) yield break;
        (long Live, Sample Sample)[] live = [.. figures.Live.SelectMany(point => point.Samples.Where(sample => sample.Database is not null).Select(sample => (point.Live, sample)))];
        Series[] logs = [
            Line("all rounds", live, entry => entry.Live, entry => entry.Sample.Database!.LogBytes),
            Line("the round after a checkpoint", live.Where(entry => entry.Sample.Round == 0), entry => entry.Live, entry => entry.Sample.Database!.LogBytes),
        ];
        yield return Draw(PostgresLogByLive, Axis.Log("live redemptions", Xs(logs)), Axis.Log("bytes", Ys(logs)), logs);
        Series[] times = [
            Line("database", live, entry => entry.Live, entry => entry.Sample.StoreCpu),
            Line("gateway", live, entry => entry.Live, entry => entry.Sample.FrontCpu),
        ];
        yield return Draw(PostgresCpuByLive, Axis.Log("live redemptions", Xs(times)), Axis.Linear("microseconds", Ys(times)), times);
    }

    private static (PlotFile, Plot) Draw(PlotFile file, Axis x, Axis y, params Series[] lines) => (file, new Plot(file.Title, x, y, lines));

    private static Series RatioLine(IEnumerable<Sample> samples, Row row) => new(
        row.Name(), [.. BenchResults.Ratios(samples, row, Row.Bare).Select((ratio, round) => (round + 1.0, ratio))], HasDots: true);

    private static IEnumerable<Series> RowLines(IEnumerable<Sample> samples, Func<Sample, double> x, Func<Sample, double> y) =>
        samples.GroupBy(sample => sample.Row).OrderBy(row => row.Key).Select(row => Line(row.Key.Name(), row, x, y));

    /// <summary>Through the medians.</summary>
    private static Series Line<T>(string name, IEnumerable<T> entries, Func<T, double> x, Func<T, double> y) => new(
        name, [.. entries.GroupBy(x).OrderBy(group => group.Key).Select(group => (group.Key, Spread.Of(group.Select(y)).Median))], HasDots: true);

    private static List<double> Xs(params Series[] lines) => [.. lines.SelectMany(line => line.Points).Select(point => point.X)];

    private static List<double> Ys(params Series[] lines) => [.. lines.SelectMany(line => line.Points).Select(point => point.Y)];
}
