using System.Text;
using CaptchaCluster.Tests.Load.Latency;
using CaptchaCluster.Tests.Load.Mix;
using CaptchaCluster.Tests.Load.Running;

namespace CaptchaCluster.Tests.Load.Reports;

/// <summary>The results as a terminal shows them.</summary>
internal static class TextReport
{
    public static string Compose(LoadReport report)
    {
        PhaseResult whole = report.Whole();
        StringBuilder text = new();
        text.AppendLine();
        text.AppendLine(report.Options.Describe());
        text.AppendLine($"{Figures.Count(whole.Total.Answered)} answers in {whole.Elapsed.TotalSeconds:0.0} s: {Figures.Count(whole.Rate)}/s");
        text.AppendLine();
        text.AppendLine(Row("", "answered", "right", "unknown", "wrong", "no answer", "p50", "p90", "p99", "p99.9", "max ms"));
        foreach ((RequestKind kind, KindTally tally) in whole.Total.Kinds) text.AppendLine(Row(Expectation.NameOf(kind), tally));
        text.AppendLine(Row(
            "all", Figures.Count(whole.Total.Answered), Figures.Count(whole.Total.Right), Figures.Count(whole.Total.Unknown),
            Figures.Count(whole.Total.Wrong), Figures.Count(whole.Total.Failed), LatencySummary.Of(whole.Total.Latency())));
        AppendSteps(text, report);
        text.AppendLine();
        foreach ((string why, long count) in whole.Total.Failures) text.AppendLine($"{Figures.Count(count)} × {why}");
        foreach (string notice in report.Notices()) text.AppendLine(notice);
        text.AppendLine(ClientLine(whole));
        text.AppendLine(VerdictLine(report));
        foreach (WrongAnswer wrong in report.WrongAnswers) text.AppendLine(Describe(wrong));
        return text.ToString();
    }

    /// <summary>What the client itself cost.</summary>
    public static string ClientLine(PhaseResult whole) =>
        $"This client used {whole.ClientCpu.TotalSeconds:0.00} s of processor time: {whole.ClientMicrosecondsPerRequest:0.0} µs a request, "
        + $"{whole.ClientProcessors:0.00} processors.";

    /// <summary>The one thing that counts.</summary>
    public static string VerdictLine(LoadReport report) =>
        !report.Options.IsChecked ? "Verdicts were not checked."
        : report.Wrong > 0 ? $"{Figures.Count(report.Wrong)} VERDICTS WERE WRONG."
        : report.ExitCode == ExitCode.NotRun ? "Nothing was answered."
        : "Every verdict was the right one.";

    private static void AppendSteps(StringBuilder text, LoadReport report)
    {
        if (report.Steps.Count == 0) return;
        text.AppendLine();
        text.AppendLine("      planned     answered        p99 ms");
        foreach (Step step in report.Steps)
        {
            string mark = step.Holds ? "" : "  fell behind, or p99 above the limit";
            text.AppendLine($"{step.Result.Phase.Rate,13} {Figures.Count(step.Result.Rate),10}/s {Figures.Milliseconds(step.P99),13}{mark}");
        }

        text.AppendLine(report.Knee is { } knee ? $"The last rate that held: {knee.Result.Phase.Rate}." : "Not even the first rate held.");
    }

    private static string Describe(WrongAnswer wrong)
    {
        string key = wrong.IdempotencyKey is null ? "" : $", idempotency_key {wrong.IdempotencyKey}";
        return $"  {wrong.Kind}: expected {wrong.Expected}, was answered {wrong.Status} {wrong.Body}\n    token {wrong.Token}{key}";
    }

    private static string Row(string name, KindTally tally) => Row(
        name, Figures.Count(tally.Answered), Figures.Count(tally.Right), Figures.Count(tally.Unknown), Figures.Count(tally.Wrong),
        Figures.Count(tally.Failed), LatencySummary.Of(tally.Latency));

    private static string Row(string name, string answered, string right, string unknown, string wrong, string failed, LatencySummary latency) => Row(
        name, answered, right, unknown, wrong, failed, Figures.Milliseconds(latency.P50), Figures.Milliseconds(latency.P90),
        Figures.Milliseconds(latency.P99), Figures.Milliseconds(latency.P999), Figures.Milliseconds(latency.Max));

    private static string Row(
        string name, string answered, string right, string unknown, string wrong, string failed, string p50, string p90, string p99, string p999, string max) =>
        $"{name,-13}{answered,12}{right,12}{unknown,9}{wrong,7}{failed,11}{p50,9}{p90,8}{p99,8}{p999,8}{max,8}";
}
