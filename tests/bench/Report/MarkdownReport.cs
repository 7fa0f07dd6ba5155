using System.Globalization;
using System.Text;
using CaptchaCluster.Bench.Experiments;
using CaptchaCluster.Bench.Rows;
using CaptchaCluster.Tests.Load.Latency;

namespace CaptchaCluster.Bench.Report;

/// <summary>The results as a page.</summary>
internal static class MarkdownReport
{
    private const string Method = """
        Rounds are interleaved: each has every row once, another one first each time, and a ratio is that of one round. Cells with three
        numbers are the least, the **median** and the most of the rounds. All rows get the same tokens, minted in advance, from the same load client
        (`tests/load`: one thread, each connection with one request at a time, every answer checked); its processor time is in the
        tables, and on few cores it is taken from the servers. Processor time is what Linux counts for the processes, kernel included, with that of
        Redis after a plus sign. Allocated bytes are the collector's own count.

        Rows e are what one would build instead: `SET key NX EX` decides, on one pipelined connection to a `redis-server` that is reached by a Unix
        socket and spared the rewriting of its log. **e-always and e-everysec are the same front**: the gateway itself, as in b, with all
        that it checks of secret and token, and Redis in place of its ledger. It still promises less: an attempt that is repeated with its
        `idempotency_key` is a duplicate, and a secret is not looked at again at the moment of the redemption. **e-thin-always and
        e-thin-everysec are a front that checks nothing**, neither the secret nor the token's signature, site, hostname and expiry, hosted as the
        gateway is: about the least that can stand before Redis, so b / e-thin-always weighs all the gateway's checks and the ledger against
        Redis alone, and has no target.
        """;

    /// <param name="results">Of a run.</param>
    /// <param name="plots">Where the pictures are, relative to the page; null: without.</param>
    public static string Compose(BenchResults results, string? plots)
    {
        StringBuilder page = new();
        page.AppendLine("# What CaptchaCluster reaches").AppendLine();
        AppendFrame(page, results);
        AppendTargets(page, results);
        foreach (IGrouping<int, Sample> samples in results.Rows.GroupBy(sample => sample.Connections))
        {
            page.AppendLine($"## {samples.Key} connections, as fast as answers come").AppendLine();
            AppendRows(page, [.. samples]);
            AppendPlot(page, plots, PlotFiles.Ratios(samples.Key));
        }

        AppendLatency(page, results.Latency);
        if (results.Growth.Count > 0) AppendGrowth(page, results.Growth, plots);
        if (results.Live.Count > 0) AppendLive(page, results, plots);
        if (results.Postgres is { } postgres) new PostgresSection(page, postgres, plots).Append();
        if (results.Cluster is { } cluster) new ClusterSection(page, cluster).Append();
        if (results.Micro is { } micro) page.AppendLine("## The pieces alone").AppendLine().AppendLine(micro).AppendLine();
        return page.ToString();
    }

    private static void AppendFrame(StringBuilder page, BenchResults results)
    {
        Machine machine = results.Machine;
        page.AppendLine("Written by `tests/bench`; all figures are in `results/figures.json`.").AppendLine();
        MarkdownTable table = new("", "");
        table.Add("machine", $"{machine.Processor}, {machine.Memory / (1024.0 * 1024 * 1024):0.0} GiB, {machine.FileSystem}");
        table.Add("fsync there, 2 KiB appended", Milliseconds(results.Fsync));
        table.Add("system", machine.System + (machine.Redis is { } redis ? $", Redis {redis}" : ""));
        table.Add("commit", machine.Commit);
        table.Add("command", $"`dotnet run --project tests/bench -c Release -- {results.Command}`");
        table.Add("when", string.Create(CultureInfo.InvariantCulture, $"{results.Started.UtcDateTime:yyyy-MM-dd HH:mm} UTC, for {results.Took.TotalMinutes:0.0} min"));
        if (results.AllSamples is { Count: > 0 } samples)
            table.Add("processors busy with anything else, the kernel's own work included", Words(Spread.Of(samples.Select(sample => sample.OthersBusy)), "0.00"));
        page.AppendLine(table.ToString());
        foreach (string notice in results.Notices.Concat(results.WrongAnswers)) page.AppendLine($"**{notice}**").AppendLine();
        page.AppendLine(Method).AppendLine();
    }

    private static void AppendTargets(StringBuilder page, BenchResults results)
    {
        Target[] targets = [.. Target.Of(results)];
        if (targets.Length == 0) return;
        page.AppendLine("## Targets").AppendLine();
        MarkdownTable table = new("what", "target", "measured", "reached");
        foreach (Target target in targets) table.Add(target.What, target.Limit ?? "none", Words(target.Measured, target.Format), target.IsMet switch { true => "yes", false => "**no**", null => "–" });
        page.AppendLine(table.ToString());
    }

    private static void AppendRows(StringBuilder page, Sample[] samples)
    {
        MarkdownTable table = new("row", "", "answers/s", "of a", "p50 ms", "p99 ms", "server µs", "allocated B", "client µs");
        foreach (IGrouping<Row, Sample> row in samples.GroupBy(sample => sample.Row).OrderBy(row => row.Key))
        {
            double[] ratios = [.. BenchResults.Ratios(samples, row.Key, Row.Bare)];
            table.Add(
                row.Key.Name(),
                row.Key.Title(),
                Words(Of(row, sample => sample.Rate), "#,0"),
                ratios.Length == 0 || row.Key == Row.Bare ? "" : Words(Spread.Of(ratios), "0.00"),
                Median(row, sample => sample.P50, "0.000"),
                Median(row, sample => sample.P99, "0.00"),
                Median(row, sample => sample.FrontCpu, "0.0") + (row.Key.NeedsRedis() ? " + " + Median(row, sample => sample.StoreCpu, "0.0") : ""),
                Median(row, sample => sample.Allocated, "#,0"),
                Median(row, sample => sample.ClientCpu, "0.0"));
        }

        page.AppendLine(table.ToString());
    }

    private static void AppendLatency(StringBuilder page, IReadOnlyList<Sample> samples)
    {
        if (samples.Count == 0) return;
        page.AppendLine("## Latency at half of each row's peak rate").AppendLine();
        page.AppendLine(
            $"Open loop over {samples[0].Connections} connections: requests start when the plan says, and latency counts from then.").AppendLine();
        MarkdownTable table = new("row", "planned/s", "answered/s", "p50 ms", "p99 ms", "p99.9 ms", "longest ms", "unanswered");
        foreach (IGrouping<Row, Sample> row in samples.GroupBy(sample => sample.Row))
        {
            table.Add(
                row.Key.Name(),
                Median(row, sample => sample.Planned!.Value, "#,0"),
                Median(row, sample => sample.Rate, "#,0"),
                Words(Of(row, sample => sample.P50), "0.000"),
                Words(Of(row, sample => sample.P99), "0.00"),
                Words(Of(row, sample => sample.P999), "0.00"),
                Words(Of(row, sample => sample.Max), "0.0"),
                row.Sum(sample => sample.Unanswered).ToString("#,0", CultureInfo.InvariantCulture));
        }

        page.AppendLine(table.ToString());
    }

    private static void AppendGrowth(StringBuilder page, IReadOnlyList<Sample> samples, string? plots)
    {
        page.AppendLine("## By connections").AppendLine();
        MarkdownTable table = new("connections", "a, answers/s", "b, answers/s", "b / a", "b, p50 ms", "b, p99 ms", "b, server µs");
        foreach (IGrouping<int, Sample> group in samples.GroupBy(sample => sample.Connections))
        {
            Sample[] ours = [.. group.Where(sample => sample.Row == Row.Success)];
            if (ours.Length == 0) continue;
            table.Add(
                group.Key.ToString("#,0", CultureInfo.InvariantCulture),
                Median(group.Where(sample => sample.Row == Row.Bare), sample => sample.Rate, "#,0"),
                Median(ours, sample => sample.Rate, "#,0"),
                Words(BenchResults.Ratios(group, Row.Success, Row.Bare)),
                Median(ours, sample => sample.P50, "0.000"),
                Median(ours, sample => sample.P99, "0.00"),
                Median(ours, sample => sample.FrontCpu, "0.0"));
        }

        page.AppendLine(table.ToString());
        AppendPlot(page, plots, PlotFiles.RateByConnections);
        AppendPlot(page, plots, PlotFiles.LatencyByConnections);
    }

    private static void AppendLive(StringBuilder page, BenchResults results, string? plots)
    {
        page.AppendLine("## By live redemptions").AppendLine();
        page.AppendLine("A gateway is started over a ledger that holds them, with the page cache warm; heap is managed heap after a collection.").AppendLine();
        MarkdownTable table = new("live", "ready after s", "heap MB", "heap B each", "resident MB", "b, answers/s", "b / a", "b, p99 ms");
        foreach (LivePoint point in results.Live)
        {
            Sample[] ours = [.. point.Samples.Where(sample => sample.Row == Row.Success)];
            table.Add(
                point.Live.ToString("#,0", CultureInfo.InvariantCulture),
                point.ReadySeconds.ToString("0.00", CultureInfo.InvariantCulture),
                Megabytes(point.Heap),
                point.Live == 0 ? "" : results.HeapPerRedemption(point).ToString("0.0", CultureInfo.InvariantCulture),
                Megabytes(point.Resident),
                Median(ours, sample => sample.Rate, "#,0"),
                Words(BenchResults.Ratios(point.Samples, Row.Success, Row.Bare)),
                Median(ours, sample => sample.P99, "0.00"));
        }

        page.AppendLine(table.ToString());
        AppendPlot(page, plots, PlotFiles.RateByLive);
        AppendPlot(page, plots, PlotFiles.HeapByLive);
        AppendPlot(page, plots, PlotFiles.ReadyByLive);
    }

    public static void AppendPlot(StringBuilder page, string? plots, PlotFile file)
    {
        if (plots is not null) page.AppendLine($"![{file.Title}]({plots}/{file.Name})").AppendLine();
    }

    private static Spread Of(IEnumerable<Sample> samples, Func<Sample, double> value) => Spread.Of(samples.Select(value));

    public static string Median(IEnumerable<Sample> samples, Func<Sample, double> value, string format) =>
        samples.Any() ? Of(samples, value).Median.ToString(format, CultureInfo.InvariantCulture) : "";

    public static string Words(IEnumerable<double> ratios)
    {
        double[] all = [.. ratios];
        return all.Length == 0 ? "" : Words(Spread.Of(all), "0.00");
    }

    public static string Words(Spread spread, string format) => string.Join(" ", [
        spread.Min.ToString(format, CultureInfo.InvariantCulture),
        $"**{spread.Median.ToString(format, CultureInfo.InvariantCulture)}**",
        spread.Max.ToString(format, CultureInfo.InvariantCulture),
    ]);

    private static string Milliseconds(LatencyHistogram times) =>
        string.Create(CultureInfo.InvariantCulture, $"p50 {times.At(0.5).TotalMilliseconds:0.000} ms, p99 {times.At(0.99).TotalMilliseconds:0.000} ms, of {times.Count:#,0}");

    private static string Megabytes(long bytes) => (bytes / 1_000_000.0).ToString("#,0.0", CultureInfo.InvariantCulture);
}
