using CaptchaCluster.Tests.Load.Latency;

namespace CaptchaCluster.Tests.Load.Running;

/// <summary>One second of a phase, summed up.</summary>
/// <param name="At">From the phase's start to this second's end.</param>
/// <param name="Rate">Answers a second.</param>
/// <param name="Planned">Arrivals a second that the plan had; null in a closed loop.</param>
/// <param name="Unknown">Requests that got no verdict.</param>
/// <param name="Failed">Requests that got no answer.</param>
/// <param name="Wrong">Requests that got a wrong answer.</param>
/// <param name="Latency">Of all that were answered.</param>
internal sealed record Second(TimeSpan At, double Rate, double? Planned, long Unknown, long Failed, long Wrong, LatencySummary Latency)
{
    public static Second Of(Interval interval, Phase phase)
    {
        TimeSpan end = (interval.Number * IntervalBoard.Length) + interval.Length;
        return new Second(
            end,
            interval.Tally.Answered / interval.Length.TotalSeconds,
            phase.Rate?.RateAt(end - (interval.Length / 2)),
            interval.Tally.Unknown,
            interval.Tally.Failed,
            interval.Tally.Wrong,
            LatencySummary.Of(interval.Tally.Latency()));
    }
}

/// <summary>What came of a phase.</summary>
/// <param name="Phase">What was to be done.</param>
/// <param name="Total">What was answered.</param>
/// <param name="Elapsed">To the last answer.</param>
/// <param name="ClientCpu">Time that all threads of this process were on a processor.</param>
/// <param name="Seconds">One after the other.</param>
internal sealed record PhaseResult(Phase Phase, Tally Total, TimeSpan Elapsed, TimeSpan ClientCpu, IReadOnlyList<Second> Seconds)
{
    /// <summary>Answers a second.</summary>
    public double Rate => Elapsed > TimeSpan.Zero ? Total.Answered / Elapsed.TotalSeconds : 0;

    public double ClientMicrosecondsPerRequest => Total.Answered == 0 ? 0 : ClientCpu.TotalMicroseconds / Total.Answered;

    /// <summary>Processors that this client kept busy.</summary>
    public double ClientProcessors => Elapsed > TimeSpan.Zero ? ClientCpu / Elapsed : 0;
}
