namespace CaptchaCluster.Tests.History;

/// <summary>
/// What the authority's wall clock can have shown, in observer ticks. Without shifts: the observer's own time, give or take epsilon.
/// </summary>
internal sealed class AuthorityClock
{
    private readonly List<Regime> _regimes = [];
    private readonly long _epsilon;

    public AuthorityClock(RecordedHistory history)
    {
        _epsilon = history.Clock.Epsilon;
        var regime = new Regime(long.MinValue, long.MaxValue, Offset: 0, Purges: true);
        foreach (var shift in history.ClockShifts)
        {
            _regimes.Add(regime with { To = shift.Done });
            regime = new(shift.Begun, long.MaxValue, shift.Offset, !shift.StopsPurging);
        }
        _regimes.Add(regime);
    }

    /// <summary>How far it can ever have been from the observer's clock.</summary>
    public long Error => _epsilon.Plus(_regimes.Max(r => Math.Abs(r.Offset)));

    /// <summary>The earliest time it can have shown between two instants.</summary>
    public long Earliest(long from, long to)
    {
        var earliest = long.MaxValue;
        foreach (var regime in _regimes)
            if (regime.From <= to && from <= regime.To)
                earliest = Math.Min(earliest, Math.Max(from, regime.From).Plus(regime.Offset - _epsilon));
        return earliest;
    }

    /// <summary>The latest time it can have shown between two instants.</summary>
    public long Latest(long from, long to)
    {
        var latest = long.MinValue;
        foreach (var regime in _regimes)
            if (regime.From <= to && from <= regime.To)
                latest = Math.Max(latest, Math.Min(to, regime.To).Plus(regime.Offset + _epsilon));
        return latest;
    }

    /// <summary>The latest time that purging can have gone by until then: what was forgotten stays forgotten when the clock is set back.</summary>
    public long LatestPurging(long to)
    {
        var latest = long.MinValue;
        foreach (var regime in _regimes)
            if (regime.Purges && regime.From <= to)
                latest = Math.Max(latest, Math.Min(to, regime.To).Plus(regime.Offset + _epsilon));
        return latest;
    }

    private readonly record struct Regime(long From, long To, long Offset, bool Purges);
}
