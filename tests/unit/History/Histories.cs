using CaptchaCluster.Tests.History;

namespace CaptchaCluster.Tests.Unit.History;

/// <summary>Writes tiny histories by hand: site 1, token 0, epsilon 4, retention 60 unless stated.</summary>
internal static class Histories
{
    public const long Never = AttemptOperation.Never;

    public static RecordedHistory OneToken(long expiry = long.MaxValue)
    {
        var history = new RecordedHistory { Clock = new(Epsilon: 4, Retention: 60) };
        history.Tokens.Add(new(77, 1, expiry));
        return history;
    }

    public static RecordedHistory Attempt(this RecordedHistory history, int attempt, long call, long @return, Verdict verdict, int generation = 1)
    {
        history.Attempts.Add(new((UInt128)attempt, call, @return, 0, 1, generation, verdict));
        return history;
    }

    public static RecordedHistory Unanswered(this RecordedHistory history, int attempt, long call, int generation = 1) =>
        history.Attempt(attempt, call, Never, Verdict.Unknown, generation);

    /// <summary>An attempt on a token of its own, for what concerns the site alone.</summary>
    public static RecordedHistory Elsewhere(this RecordedHistory history, long call, long @return, Verdict verdict, int generation = 1)
    {
        history.Tokens.Add(new((UInt128)1000 + (UInt128)history.Tokens.Count, 1, long.MaxValue));
        history.Attempts.Add(new(1, call, @return, history.Tokens.Count - 1, 1, generation, verdict));
        return history;
    }

    public static RecordedHistory Site(
        this RecordedHistory history, SiteOperationKind kind, long call, long @return,
        int newGeneration = SiteOperation.UnknownGeneration, long graceEnd = SiteOperation.UnknownGraceEnd)
    {
        history.SiteOperations.Add(new(kind, 1, call, @return, NewGeneration: newGeneration, GraceEnd: graceEnd));
        return history;
    }

    public static RecordedHistory Shift(this RecordedHistory history, long begun, long done, long offset, bool stopsPurging = false)
    {
        history.ClockShifts.Add(new(begun, done, offset, stopsPurging));
        return history;
    }

    public static RecordedHistory Verifier(this RecordedHistory history, long from, long until, long offset)
    {
        history.VerifierClocks.Add(new(from, until, offset));
        return history;
    }

    public static RecordedHistory Ledger(this RecordedHistory history, UInt128? attempt, long horizon = long.MinValue)
    {
        history.Ledger = new(attempt is { } a ? new Dictionary<UInt128, UInt128> { [77] = a } : [], horizon);
        return history;
    }

    public static void IsAccepted(this RecordedHistory history)
    {
        var report = HistoryChecker.Check(history);
        Assert.True(report.IsClean, report.ToString());
    }

    /// <summary>Rejected for these reasons only.</summary>
    public static void IsRejectedBy(this RecordedHistory history, params Rule[] rules)
    {
        var report = HistoryChecker.Check(history);
        Assert.Equal(rules.Order(), report.ViolationsByRule.Keys.Order());
    }
}
