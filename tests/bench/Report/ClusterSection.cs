using System.Globalization;
using System.Text;
using CaptchaCluster.Bench.Experiments;
using CaptchaCluster.Bench.Projection;
using CaptchaCluster.Bench.Rows;

namespace CaptchaCluster.Bench.Report;

/// <summary>The part of the page that is about gateways before silos.</summary>
internal sealed class ClusterSection(StringBuilder page, ClusterFigures figures)
{
    private const string Method = """
        The client, the gateway, the silos and PostgreSQL are processes of their own on the same processors, so more silos are not
        faster here: they show what it costs to have them. Row h is the way to a silo and back alone: duplicates, which the gateway asks a
        shard for as it does for everything, and which the shard answers from its memory; the database takes part in none. Rows c and p are
        the same requests without that way: to the embedded ledger, and by a gateway that commits to the same database itself. Row f is row b with
        that way between: one silo over its embedded ledger, and no database at all. Bytes
        between gateway and silo are what went over loopback beyond what went for the same requests without silos, headers and acknowledgements
        included; PostgreSQL is reached by a socket of the file system, and is not in them.
        """;

    private static readonly double[] ProjectedRates = [10_000, 100_000, 300_000, 1_000_000];

    public void Append()
    {
        page.AppendLine("## A gateway before silos, as processes").AppendLine();
        page.AppendLine(CultureInfo.InvariantCulture, $"PostgreSQL {figures.Version}, on this machine, with {string.Join(", ", figures.Settings.Select(setting => $"`{setting}`"))}.");
        page.AppendLine(Method).AppendLine();
        foreach (int connections in figures.Sizes.SelectMany(size => size.Samples).Select(sample => sample.Connections).Distinct()) AppendRows(connections);
        if (figures.Costs() is { } costs) AppendProjection(new ClusterModel(costs, new DatabaseMachine()), costs);
    }

    private void AppendRows(int connections)
    {
        page.AppendLine(CultureInfo.InvariantCulture, $"### {connections} connections").AppendLine();
        MarkdownTable table = new(
            "row", "silos", "answers/s", "of a", "p50 ms", "p99 ms", "requests per call", "calls/s", "rows per commit", "commits/s",
            "gateway µs", "silos µs", "database µs", "client µs", "gateway to silo B");
        foreach (ClusterSize size in figures.Sizes)
        {
            ClusterSize here = size with { Samples = [.. size.Samples.Where(sample => sample.Connections == connections)] };
            foreach (IGrouping<Row, Sample> row in here.Samples.GroupBy(sample => sample.Row).OrderBy(row => row.Key)) table.Add(Cells(here, row));
        }

        page.AppendLine(table.ToString());
        MarkdownTable legend = new("row", "");
        foreach (Row row in ClusterStage.RowsOf(silos: 1)) legend.Add(row.Name(), row.Title());
        page.AppendLine(legend.ToString());
    }

    private static string[] Cells(ClusterSize size, IGrouping<Row, Sample> row)
    {
        bool hasSilos = row.Key.HasSilos();
        return
        [
            row.Key.Name(),
            hasSilos ? $"{size.Silos}" : "",
            MarkdownReport.Words(Spread.Of(row.Select(sample => sample.Rate)), "#,0"),
            row.Key == Row.Bare ? "" : MarkdownReport.Words(BenchResults.Ratios(size.Samples, row.Key, Row.Bare)),
            Median(sample => sample.P50, "0.00"),
            Median(sample => sample.P99, "0.0"),
            hasSilos ? Median(sample => sample.Calls!.RequestsPerCall, "0.0") : "",
            hasSilos ? Median(sample => sample.Calls!.CallsPerSecond, "#,0") : "",
            row.Key is Row.Postgres or Row.Cluster ? Median(sample => sample.Database!.RowsPerCommit, "0") : "",
            row.Key.IsOverPostgres() ? Median(sample => sample.Database!.CommitsPerSecond, "#,0") : "",
            Median(sample => sample.FrontCpu, "0.0"),
            hasSilos ? Median(sample => sample.SiloCpu, "0.0") : "",
            row.Key.IsOverPostgres() ? Median(sample => sample.StoreCpu, "0.0") : "",
            Median(sample => sample.ClientCpu, "0.0"),
            hasSilos && size.HopBytes(row.Key).ToArray() is { Length: > 0 } bytes ? Spread.Of(bytes).Median.ToString("0", CultureInfo.InvariantCulture) : "",
        ];

        string Median(Func<Sample, double> value, string format) => MarkdownReport.Median(row, value, format);
    }

    private void AppendProjection(ClusterModel model, ClusterCosts costs)
    {
        DatabaseMachine machine = new();
        page.AppendLine("### Many machines, by arithmetic").AppendLine();
        page.AppendLine(CultureInfo.InvariantCulture, $"""
            A redemption was measured here, with one silo, to take {costs.Gateway:0.0} µs of a processor at the gateway, {costs.Silo:0.0} µs at the silo and {costs.Database:0.0} µs at the
            database, {costs.HopBytes:0} bytes between gateway and silo, {costs.LogBytes:0} bytes of log and {costs.StoredBytes:0} bytes of table and index. The table is that times the rate
            (`tests/bench/Projection`). Gateways and silos are added as they are needed; the one thing that is not is the database. Assumed, and not
            measured, is its machine: {machine.Processors:0.0} processors busy, {machine.LogRate / 1e6:0} MB/s of log, {machine.Memory / 1e9:0} GB of memory, redemptions kept for {machine.Retention:0} s. Batches are taken to stay as small
            as here, which is too dear for high rates; locks inside the database, and what full pages add to the log after a checkpoint beyond what was
            measured, are left out, which is too cheap.
            """).AppendLine();
        MarkdownTable table = new(
            "verifications/s", "gateways, processors", "silos, processors", "database, processors", "gateways to silos MB/s", "log MB/s", "table and index GB",
            "fullest in the database", "databases");
        foreach (ClusterNeeds needs in ProjectedRates.Select(model.At))
        {
            table.Add(
                Words(needs.Rate, "#,0"),
                Words(needs.GatewayProcessors, "0.0"),
                Words(needs.SiloProcessors, "0.0"),
                Words(needs.DatabaseProcessors, "0.0"),
                Words(needs.HopRate / 1e6, "0"),
                Words(needs.LogRate / 1e6, "0"),
                Words(needs.Stored / 1e9, "0"),
                $"{needs.Fullest}, {Words(needs.FullestShare * 100, "0")} %",
                $"{needs.Databases}");
        }

        page.AppendLine(table.ToString());
        page.AppendLine(CultureInfo.InvariantCulture, $"""
            **It breaks first in the database, at about {Rounded(model.RateOfOneDatabase):#,0}/s, for want of {model.At(model.RateOfOneDatabase).Fullest}.** What one would change is to cut the ledger: as a token is always
            the same shard's, shards can be dealt over several databases, each with a ledger, a horizon and a floor of its own; no redemption touches two
            of them. Sites stay in one, so a redemption's join with its site would become a barrier that a rotation waits for in each.
            """).AppendLine();
    }

    /// <summary>To two digits: it is a projection.</summary>
    private static double Rounded(double rate)
    {
        double unit = Math.Pow(10, Math.Floor(Math.Log10(rate)) - 1);
        return Math.Round(rate / unit) * unit;
    }

    private static string Words(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
