using CaptchaCluster.Tests.Load.CommandLine;
using CaptchaCluster.Tests.Load.Running;

namespace CaptchaCluster.Tests.Load.Reports;

/// <summary>One step on the way to the knee.</summary>
/// <param name="Result">What came of it.</param>
/// <param name="P99">Of all its requests.</param>
/// <param name="Holds">The server kept up with the rate, and p99 stayed within the limit.</param>
internal sealed record Step(PhaseResult Result, TimeSpan P99, bool Holds)
{
    /// <summary>What may be missing of the planned rate before a step counts as fallen behind.</summary>
    private const double Slack = 0.02;

    public static Step Of(PhaseResult result, TimeSpan maxP99)
    {
        TimeSpan p99 = result.Total.Latency().At(0.99);
        bool keptUp = result.Total.NotSent == 0 && result.Rate >= result.Phase.Rate!.From * (1 - Slack);
        return new Step(result, p99, keptUp && p99 <= maxP99);
    }
}

/// <summary>All that came of a test.</summary>
internal sealed record LoadReport
{
    /// <summary>Of one processor, on which a thread that sends can only just keep up.</summary>
    private const double Saturated = 0.85;

    public required LoadOptions Options { get; init; }

    public required DateTimeOffset Started { get; init; }

    /// <summary>What was measured, one after the other: one, or the steps.</summary>
    public required IReadOnlyList<PhaseResult> Phases { get; init; }

    /// <summary>The first few.</summary>
    public required IReadOnlyList<WrongAnswer> WrongAnswers { get; init; }

    /// <summary>Wrong verdicts before the measurement began; they count as any other.</summary>
    public long WrongBefore { get; init; }

    public long MintedWhileRunning { get; init; }

    /// <summary>It ended because there were no more tokens.</summary>
    public bool TokensUsedUp { get; init; }

    /// <summary>Tokens that expired before their turn came.</summary>
    public long TokensWasted { get; init; }

    public bool WasCancelled { get; init; }

    public long Wrong => WrongBefore + Phases.Sum(phase => phase.Total.Wrong);

    public int ExitCode => Wrong > 0 ? Load.ExitCode.WrongVerdict
        : Phases.Sum(phase => phase.Total.Answered) == 0 ? Load.ExitCode.NotRun
        : Load.ExitCode.AllRight;

    public IReadOnlyList<Step> Steps => Options.Rates.Count > 1 ? [.. Phases.Select(phase => Step.Of(phase, Options.MaxStepP99))] : [];

    /// <summary>The last step that held; null where none did, or there were no steps.</summary>
    public Step? Knee => Steps.LastOrDefault(step => step.Holds);

    /// <summary>All phases as one.</summary>
    public PhaseResult Whole()
    {
        Tally total = new();
        List<Second> seconds = [];
        TimeSpan before = TimeSpan.Zero;
        foreach (PhaseResult phase in Phases)
        {
            total.Add(phase.Total);
            seconds.AddRange(phase.Seconds.Select(second => second with { At = before + second.At }));
            before += phase.Elapsed;
        }

        return new PhaseResult(Phases[0].Phase, total, before, Phases.Aggregate(TimeSpan.Zero, (sum, phase) => sum + phase.ClientCpu), seconds);
    }

    /// <summary>What a reader must know to trust the numbers, a sentence each.</summary>
    public IEnumerable<string> Notices()
    {
        PhaseResult whole = Whole();
        if (WasCancelled) yield return "It was interrupted.";
        if (TokensUsedUp) yield return "It ended early: the tokens were used up.";
        if (TokensWasted > 0) yield return $"{Figures.Count(TokensWasted)} tokens expired before their turn came; choose a longer --ttl or a smaller --prepare.";
        if (MintedWhileRunning > 0) yield return $"{Figures.Count(MintedWhileRunning)} tokens were minted while it ran, which cost the server time; --prepare mints them before.";
        if (whole.Total.NotSent > 0)
            yield return $"The server fell behind: {Figures.Count(whole.Total.NotSent)} requests were due and never sent. They count with the time they had waited by the end.";
        if (whole.ClientProcessors > Saturated * Options.Threads)
            yield return $"This client was about as busy as it can be ({whole.ClientProcessors:0.00} processors with {Options.Threads} threads): it may have been what limits. Use more --threads.";
        if (!Options.IsChecked) yield return "No verdict was looked at.";
    }
}
