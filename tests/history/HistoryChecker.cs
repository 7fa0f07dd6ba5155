using System.Runtime.InteropServices;

namespace CaptchaCluster.Tests.History;

/// <summary>
/// Judges what callers saw against the invariants I1–I4 and I6–I9. It never reports a history that some order of instantaneous
/// effects, each within its operation, explains; times are trusted within <see cref="RecordedHistory.Clock"/>. O(n log n).
/// </summary>
public static class HistoryChecker
{
    /// <exception cref="ArgumentException">The history contradicts itself: its recorder is wrong, not the service.</exception>
    public static CheckReport Check(RecordedHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        ThrowIfMalformed(history);
        var log = new ViolationLog(history);
        var ledger = new LedgerRules(history, log);
        var rules = new TokenRules(history, new SiteTimelines(history), ledger, log);
        var (order, starts) = GroupByToken(history);
        for (var token = 0; token < history.Tokens.Count; token++)
        {
            var group = order.AsSpan(starts[token]..starts[token + 1]);
            if (group.IsEmpty)
            {
                ledger.CheckUntouched(history.Tokens[token]);
                continue;
            }
            group.Sort(new ByAttemptThenCall(history.Attempts));
            rules.Check(token, group);
        }
        return log.Report(Count(history, rules.Replays));
    }

    private static (int[] Order, int[] Starts) GroupByToken(RecordedHistory history)
    {
        var starts = new int[history.Tokens.Count + 1];
        var ops = CollectionsMarshal.AsSpan(history.Attempts);
        foreach (ref readonly var op in ops) starts[op.Token + 1]++;
        for (var i = 1; i < starts.Length; i++) starts[i] += starts[i - 1];
        var order = new int[ops.Length];
        var next = starts.AsSpan(..^1).ToArray();
        for (var i = 0; i < ops.Length; i++) order[next[ops[i].Token]++] = i;
        return (order, starts);
    }

    private static HistoryCounts Count(RecordedHistory history, long replays)
    {
        var verdicts = new long[Enum.GetValues<Verdict>().Length];
        foreach (ref readonly var op in CollectionsMarshal.AsSpan(history.Attempts)) verdicts[(int)op.Verdict]++;
        return new()
        {
            Attempts = history.Attempts.Count,
            Success = verdicts[(int)Verdict.Success],
            Duplicate = verdicts[(int)Verdict.Duplicate],
            Expired = verdicts[(int)Verdict.Expired],
            InvalidSecret = verdicts[(int)Verdict.InvalidSecret],
            Refused = verdicts[(int)Verdict.Refused],
            Unknown = verdicts[(int)Verdict.Unknown],
            Replays = replays,
            Rotations = history.SiteOperations.Count(o => o.IsRotation && o.IsAcknowledged),
            Faults = history.Faults.Where(f => !f.Healed).GroupBy(f => f.Kind).ToDictionary(g => g.Key, g => g.LongCount()),
        };
    }

    private static void ThrowIfMalformed(RecordedHistory history)
    {
        var ops = CollectionsMarshal.AsSpan(history.Attempts);
        for (var i = 0; i < ops.Length; i++)
        {
            ref readonly var op = ref ops[i];
            if ((uint)op.Token >= (uint)history.Tokens.Count) throw new ArgumentException($"Attempt {i} is on a token that was never minted.");
            if (op.Return < op.Call) throw new ArgumentException($"Attempt {i} returned before it was called.");
            if ((op.Return == AttemptOperation.Never) != (op.Verdict == Verdict.Unknown))
                throw new ArgumentException($"Attempt {i} must have a return time exactly if its verdict is known.");
        }
        // Two positions for one token would hide a second success.
        var ids = history.Tokens.Select(t => t.Id).ToArray();
        Array.Sort(ids);
        for (var i = 1; i < ids.Length; i++)
            if (ids[i] == ids[i - 1]) throw new ArgumentException($"Token {ids[i]:x} was minted twice.");
        for (var i = 1; i < history.ClockShifts.Count; i++)
            if (history.ClockShifts[i].Begun < history.ClockShifts[i - 1].Done) throw new ArgumentException($"Clock shift {i} began before the last one was done.");
        if (history.SiteOperations.Any(o => o.Return < o.Call)) throw new ArgumentException("A site operation returned before it was called.");
    }

    private readonly struct ByAttemptThenCall(List<AttemptOperation> attempts) : IComparer<int>
    {
        public int Compare(int x, int y)
        {
            var ops = CollectionsMarshal.AsSpan(attempts);
            var byAttempt = ops[x].Attempt.CompareTo(ops[y].Attempt);
            return byAttempt != 0 ? byAttempt : ops[x].Call.CompareTo(ops[y].Call);
        }
    }
}
