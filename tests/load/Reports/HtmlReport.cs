using System.Globalization;
using System.Net;
using System.Text;
using CaptchaCluster.Tests.Load.Latency;
using CaptchaCluster.Tests.Load.Mix;
using CaptchaCluster.Tests.Load.Running;

namespace CaptchaCluster.Tests.Load.Reports;

/// <summary>The results as one page that needs nothing else.</summary>
internal static class HtmlReport
{
    private const string Method =
        "Latency counts from when a request should have started to its whole answer. In an open loop that is when the plan says, also where "
        + "every connection was still busy; in a closed loop it is when it was sent, which flatters a server that stalls. A request that "
        + "timed out counts with the time it was waited for. Histograms are within 0.8 %.";

    public static string Compose(LoadReport report)
    {
        PhaseResult whole = report.Whole();
        bool isBad = report.ExitCode != ExitCode.AllRight;
        return Fill(Template(), new()
        {
            ["title"] = Escape("Load test of " + string.Join(", ", report.Options.Urls)),
            ["started"] = report.Started.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture),
            ["description"] = Escape(report.Options.Describe()),
            ["verdict"] = Escape(TextReport.VerdictLine(report)),
            ["verdict-dress"] = isBad ? " bad" : "",
            ["notices"] = string.Concat(report.Notices().Select(notice => $"<p>{Escape(notice)}</p>\n")),
            ["tiles"] = string.Concat(Tiles(whole)),
            ["plots"] = string.Concat(ReportPlots.Of(report, whole).Select(plot => $"<div class=\"card\">{plot}</div>\n")),
            ["kinds"] = string.Concat(Kinds(whole)),
            ["steps"] = Steps(report),
            ["failures"] = List("Why there was no answer", whole.Total.Failures.Select(failure => $"{Figures.Count(failure.Value)} × {failure.Key}")),
            ["wrong"] = Wrong(report),
            ["method"] = Escape(Method),
            ["client"] = Escape(TextReport.ClientLine(whole)),
        });
    }

    private static IEnumerable<string> Tiles(PhaseResult whole)
    {
        LatencySummary latency = LatencySummary.Of(whole.Total.Latency());
        (string, string)[] tiles =
        [
            ("answers a second", Figures.Count(whole.Rate)),
            ("answers", Figures.Count(whole.Total.Answered)),
            ("ms, p50", Figures.Milliseconds(latency.P50)),
            ("ms, p99", Figures.Milliseconds(latency.P99)),
            ("ms, p99.9", Figures.Milliseconds(latency.P999)),
            ("unknown (503)", Figures.Count(whole.Total.Unknown)),
            ("no answer", Figures.Count(whole.Total.Failed)),
        ];
        return tiles.Select(tile => $"<div class=\"tile\"><b>{tile.Item2}</b><span class=\"soft\">{tile.Item1}</span></div>");
    }

    private static IEnumerable<string> Kinds(PhaseResult whole)
    {
        foreach ((RequestKind kind, KindTally tally) in whole.Total.Kinds)
            yield return KindRow(Expectation.NameOf(kind), tally.Answered, tally.Right, tally.Unknown, tally.Wrong, tally.Failed, tally.Latency);
        Tally all = whole.Total;
        yield return KindRow("all", all.Answered, all.Right, all.Unknown, all.Wrong, all.Failed, all.Latency());
    }

    private static string KindRow(string name, long answered, long right, long unknown, long wrong, long failed, LatencyHistogram histogram)
    {
        LatencySummary latency = LatencySummary.Of(histogram);
        StringBuilder row = new($"<tr><td>{name}</td>");
        foreach (long count in (long[])[answered, right, unknown]) row.Append($"<td>{Figures.Count(count)}</td>");
        foreach (long count in (long[])[wrong, failed]) row.Append($"<td{(count > 0 ? " class=\"bad\"" : "")}>{Figures.Count(count)}</td>");
        foreach (TimeSpan time in (TimeSpan[])[latency.P50, latency.P90, latency.P99, latency.P999, latency.Max])
            row.Append($"<td>{Figures.Milliseconds(time)}</td>");
        return row.Append("</tr>\n").ToString();
    }

    private static string Steps(LoadReport report)
    {
        if (report.Steps.Count == 0) return "";
        StringBuilder table = new("<h2>Steps</h2>\n<div class=\"card\"><table class=\"steps\"><tr><th>planned</th><th>answered</th><th>p99 ms</th><th></th></tr>\n");
        foreach (Step step in report.Steps)
        {
            string holds = step.Holds ? "<td>held</td>" : "<td class=\"bad\">fell behind, or p99 above the limit</td>";
            table.Append($"<tr><td>{step.Result.Phase.Rate}</td><td>{Figures.Count(step.Result.Rate)}/s</td><td>{Figures.Milliseconds(step.P99)}</td>{holds}</tr>\n");
        }

        table.Append("</table></div>\n");
        return table.Append($"<p>{(report.Knee is { } knee ? $"The last rate that held: {knee.Result.Phase.Rate}." : "Not even the first rate held.")}</p>").ToString();
    }

    private static string Wrong(LoadReport report) => report.WrongAnswers.Count == 0 ? "" : "<h2>Wrong verdicts, the first few</h2>\n" + string.Concat(
        report.WrongAnswers.Select(wrong =>
            $"<div class=\"card\"><pre>{Escape($"{wrong.Kind}: expected {wrong.Expected}, was answered {wrong.Status} {wrong.Body}\ntoken {wrong.Token}")}"
            + $"{Escape(wrong.IdempotencyKey is null ? "" : $"\nidempotency_key {wrong.IdempotencyKey}")}</pre></div>\n"));

    private static string List(string title, IEnumerable<string> items)
    {
        string list = string.Concat(items.Select(item => $"<li>{Escape(item)}</li>"));
        return list.Length == 0 ? "" : $"<h2>{title}</h2>\n<ul>{list}</ul>";
    }

    private static string Fill(string template, Dictionary<string, string> values)
    {
        StringBuilder page = new();
        string[] parts = template.Split("{{");
        page.Append(parts[0]);
        foreach (string part in parts.Skip(1))
        {
            int end = part.IndexOf("}}", StringComparison.Ordinal);
            page.Append(values[part[..end]]).Append(part.AsSpan(end + 2));
        }

        return page.ToString();
    }

    private static string Template()
    {
        using StreamReader reader = new(typeof(HtmlReport).Assembly.GetManifestResourceStream("report.html")!);
        return reader.ReadToEnd();
    }

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
