using System.Globalization;
using System.Text;
using CaptchaCluster.Bench.Experiments;
using CaptchaCluster.Bench.Rows;

namespace CaptchaCluster.Bench.Report;

/// <summary>The part of the page that is about gateways over PostgreSQL.</summary>
internal sealed class PostgresSection(StringBuilder page, PostgresFigures figures, string? plots)
{
    private const string Method = """
        The client, the gateways and PostgreSQL share the processors, so more gateways are not faster here: they show what it costs
        to have them, as each commits for itself. Connections are spread over the gateways evenly. Processor time of the database is that of all
        its processes; log and table bytes are what they grew by, the server's own upkeep included.
        """;

    public void Append()
    {
        page.AppendLine("## Gateways over one PostgreSQL").AppendLine();
        page.AppendLine(CultureInfo.InvariantCulture, $"PostgreSQL {figures.Version}, on this machine, with {string.Join(", ", figures.Settings.Select(setting => $"`{setting}`"))}.");
        page.AppendLine(Method).AppendLine();
        foreach (IGrouping<int, Sample> samples in figures.Rows.GroupBy(sample => sample.Connections)) AppendCounts([.. samples]);
        if (figures.Rows.Count > 0) MarkdownReport.AppendPlot(page, plots, PlotFiles.PostgresRatios);
        if (figures.Live.Count > 0) AppendLive();
    }

    private void AppendCounts(Sample[] samples)
    {
        page.AppendLine($"### {samples[0].Connections} connections").AppendLine();
        MarkdownTable table = new(
            "gateways", "answers/s", "of a", "p50 ms", "p99 ms", "rows per commit", "commits/s", "gateway µs", "database µs", "client µs", "log B", "table B", "index B");
        foreach (IGrouping<int?, Sample> group in samples.GroupBy(sample => sample.Gateways).OrderBy(group => group.Key))
        {
            if (group.Key is null)
            {
                table.Add("a", Words(group, sample => sample.Rate, "#,0"), "", Median(group, sample => sample.P50, "0.00"), Median(group, sample => sample.P99, "0.0"), "", "", Median(group, sample => sample.FrontCpu, "0.0"), "", Median(group, sample => sample.ClientCpu, "0.0"), "", "", "");
                continue;
            }

            table.Add(
                [$"{group.Key}", Words(group, sample => sample.Rate, "#,0"), Ratios(samples, group.Key.Value), Median(group, sample => sample.P50, "0.00"), Median(group, sample => sample.P99, "0.0"),
                    Median(group, sample => sample.Database!.RowsPerCommit, "0"), Median(group, sample => sample.Database!.CommitsPerSecond, "#,0"), .. Costs(group)]);
        }

        page.AppendLine(table.ToString());
    }

    private void AppendLive()
    {
        page.AppendLine("### By live redemptions in PostgreSQL").AppendLine();
        page.AppendLine(
            "One gateway. The redemptions are of tokens that expire within ten minutes around those that are sent; the first round follows on a checkpoint, "
            + "after which each page that is changed is logged whole once.").AppendLine();
        MarkdownTable table = new("live", "answers/s", "of a", "p99 ms", "log B", "log B, first round", "gateway µs", "database µs");
        foreach (PostgresLivePoint point in figures.Live)
        {
            Sample[] ours = [.. point.Samples.Where(sample => sample.Row == Row.Postgres)];
            table.Add(
                point.Live.ToString("#,0", CultureInfo.InvariantCulture),
                Words(ours, sample => sample.Rate, "#,0"),
                Ratios(point.Samples, 1),
                Median(ours, sample => sample.P99, "0.0"),
                Words(ours, sample => sample.Database!.LogBytes, "0"),
                Median(ours.Where(sample => sample.Round == 0), sample => sample.Database!.LogBytes, "0"),
                Median(ours, sample => sample.FrontCpu, "0.0"),
                Words(ours, sample => sample.StoreCpu, "0.0"));
        }

        page.AppendLine(table.ToString());
        MarkdownReport.AppendPlot(page, plots, PlotFiles.PostgresLogByLive);
        MarkdownReport.AppendPlot(page, plots, PlotFiles.PostgresCpuByLive);
    }

    private static string[] Costs(IEnumerable<Sample> samples)
    {
        Sample[] all = [.. samples];
        return [
            Median(all, sample => sample.FrontCpu, "0.0"),
            Median(all, sample => sample.StoreCpu, "0.0"),
            Median(all, sample => sample.ClientCpu, "0.0"),
            Median(all, sample => sample.Database!.LogBytes, "0"),
            Median(all, sample => sample.Database!.TableBytes, "0"),
            Median(all, sample => sample.Database!.IndexBytes, "0"),
        ];
    }

    private static string Ratios(IEnumerable<Sample> samples, int gateways) => MarkdownReport.Words(BenchResults.PostgresRatios(samples, gateways));

    private static string Words(IEnumerable<Sample> samples, Func<Sample, double> value, string format) => MarkdownReport.Words(Spread.Of(samples.Select(value)), format);

    private static string Median(IEnumerable<Sample> samples, Func<Sample, double> value, string format) => MarkdownReport.Median(samples, value, format);
}
