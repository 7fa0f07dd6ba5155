using System.Text.Json;
using System.Text.Json.Serialization;
using CaptchaCluster.Tests.Load.Latency;
using CaptchaCluster.Tests.Load.Mix;
using CaptchaCluster.Tests.Load.Running;

namespace CaptchaCluster.Tests.Load.Reports;

/// <summary>The results for programs. Latencies are in milliseconds, rates per second.</summary>
internal static partial class JsonReport
{
    public static string Compose(LoadReport report)
    {
        PhaseResult whole = report.Whole();
        Document document = new(
            report.Started,
            report.Options.Urls,
            report.Options.Describe(),
            report.ExitCode,
            Results.Of(whole),
            [.. whole.Total.Kinds.Select(kind => KindResults.Of(kind.Kind, kind.Tally))],
            whole.Total.Failures,
            [.. report.Steps.Select(step => new StepResults(step.Result.Phase.Rate!.From, step.Result.Rate, step.P99.TotalMilliseconds, step.Holds))],
            [.. whole.Seconds.Select(SecondResults.Of)],
            report.WrongAnswers,
            [.. report.Notices()],
            new ClientResults(whole.ClientCpu.TotalSeconds, whole.ClientMicrosecondsPerRequest, whole.ClientProcessors));
        return JsonSerializer.Serialize(document, Context.Default.Document) + "\n";
    }

    private sealed record Document(
        DateTimeOffset Started,
        IReadOnlyList<Uri> Urls,
        string Description,
        int ExitCode,
        Results All,
        IReadOnlyList<KindResults> Kinds,
        IReadOnlyDictionary<string, long> NoAnswerBecause,
        IReadOnlyList<StepResults> Steps,
        IReadOnlyList<SecondResults> Seconds,
        IReadOnlyList<WrongAnswer> WrongAnswers,
        IReadOnlyList<string> Notices,
        ClientResults Client);

    private sealed record Results(
        double ElapsedSeconds, double Rate, long Answered, long Right, long Unknown, long Wrong, long NoAnswer, long NotSent, Latencies Latency)
    {
        public static Results Of(PhaseResult phase) => new(
            phase.Elapsed.TotalSeconds, phase.Rate, phase.Total.Answered, phase.Total.Right, phase.Total.Unknown, phase.Total.Wrong,
            phase.Total.Failed, phase.Total.NotSent, Latencies.Of(LatencySummary.Of(phase.Total.Latency())));
    }

    private sealed record KindResults(string Kind, long Answered, long Right, long Unknown, long Wrong, long NoAnswer, Latencies Latency)
    {
        public static KindResults Of(RequestKind kind, KindTally tally) => new(
            Expectation.NameOf(kind), tally.Answered, tally.Right, tally.Unknown, tally.Wrong, tally.Failed,
            Latencies.Of(LatencySummary.Of(tally.Latency)));
    }

    private sealed record StepResults(double Planned, double Rate, double P99, bool Holds);

    private sealed record SecondResults(double At, double Rate, double? Planned, long Unknown, long NoAnswer, long Wrong, Latencies Latency)
    {
        public static SecondResults Of(Second second) => new(
            second.At.TotalSeconds, second.Rate, second.Planned, second.Unknown, second.Failed, second.Wrong, Latencies.Of(second.Latency));
    }

    private sealed record Latencies(double P50, double P90, double P99, double P999, double Max)
    {
        public static Latencies Of(LatencySummary summary) => new(
            summary.P50.TotalMilliseconds, summary.P90.TotalMilliseconds, summary.P99.TotalMilliseconds, summary.P999.TotalMilliseconds,
            summary.Max.TotalMilliseconds);
    }

    private sealed record ClientResults(double CpuSeconds, double MicrosecondsPerRequest, double Processors);

    [JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(Document))]
    private sealed partial class Context : JsonSerializerContext;
}
