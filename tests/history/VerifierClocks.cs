namespace CaptchaCluster.Tests.History;

/// <summary>What the clock of whoever refuses, or lets pass to the authority, can have shown, in observer ticks: the authority's own, or another.</summary>
internal sealed class VerifierClocks(RecordedHistory history, AuthorityClock authority)
{
    /// <summary>The earliest time any of them can have shown between two instants.</summary>
    public long Earliest(long from, long to)
    {
        var earliest = authority.Earliest(from, to);
        foreach (var clock in history.VerifierClocks)
            if (clock.From <= to && from <= clock.Until)
                earliest = Math.Min(earliest, Math.Max(from, clock.From).Plus(clock.Offset - history.Clock.Epsilon));
        return earliest;
    }

    /// <summary>The latest time any of them can have shown between two instants.</summary>
    public long Latest(long from, long to)
    {
        var latest = authority.Latest(from, to);
        foreach (var clock in history.VerifierClocks)
            if (clock.From <= to && from <= clock.Until)
                latest = Math.Max(latest, Math.Min(to, clock.Until).Plus(clock.Offset + history.Clock.Epsilon));
        return latest;
    }
}
