namespace CaptchaCluster.Tests.History;

/// <summary>I1, I2, I4 and I6 against what was on the disk during the run and after it; what was there once is there until it is purged.</summary>
internal sealed class LedgerRules
{
    private readonly List<LedgerReading> _readings;
    private readonly ViolationLog _log;

    public LedgerRules(RecordedHistory history, ViolationLog log)
    {
        _log = log;
        _readings = [.. history.LedgerReadings.OrderBy(r => r.Time)];
        if (history.Ledger is { } last) _readings.Add(new(long.MaxValue, last));
        for (var i = 1; i < _readings.Count; i++)
        {
            var (before, after) = (_readings[i - 1].Content.PurgeHorizon, _readings[i].Content.PurgeHorizon);
            if (after < before) log.Add(Rule.HorizonShrank, $"from {before}, read at {_readings[i - 1].Time}, to {after}, read at {_readings[i].Time}");
        }
    }

    /// <summary>The history's attempt that the ledger names for the token; false where it names none, or one the observer cannot know.</summary>
    public bool TryFind(TokenInfo token, List<AttemptSummary> summaries, out UInt128 attempt) =>
        TryFind(token.Id, out attempt) && IndexOf(summaries, attempt) >= 0;

    public void Check(TokenInfo token, List<AttemptSummary> summaries, ReadOnlySpan<int> indexes)
    {
        if (TryFind(token.Id, out var recorded)) CheckPresent(recorded, summaries, indexes);
        long? seen = null;
        foreach (var (time, content) in _readings)
        {
            if (!content.Redemptions.TryGetValue(token.Id, out var found))
            {
                if (token.Expiry > content.PurgeHorizon) CheckAbsent(token, summaries, time, seen);
                continue;
            }
            if (found != recorded)
            {
                _log.Add(Rule.LedgerNamesAnotherAttempt,
                    $"the ledger held token {token.Id:x} under attempt {recorded:x} and later, at {time}, under {found:x}", indexes[0]);
            }
            seen = time;
        }
    }

    public void CheckUntouched(TokenInfo token)
    {
        if (TryFind(token.Id, out var attempt))
            _log.Add(Rule.RefusalSpentToken, $"the ledger holds token {token.Id:x} under attempt {attempt:x}, but nobody tried it");
    }

    private void CheckPresent(UInt128 recorded, List<AttemptSummary> summaries, ReadOnlySpan<int> indexes)
    {
        var owner = IndexOf(summaries, recorded);
        var anonymousCanOwn = false;
        foreach (var summary in summaries)
        {
            anonymousCanOwn |= summary.Anonymous && summary.EarliestRedemptionOp >= 0;
            // An anonymous winner's key is the server's own: it must differ from every key the observer does know.
            if (summary.HasSuccess && (summary.Anonymous ? owner >= 0 : summary.Attempt != recorded))
                _log.Add(Rule.LedgerNamesAnotherAttempt, $"the ledger holds attempt {recorded:x}", summary.FirstSuccessOp);
            if (summary.FirstDuplicateOp >= 0 && summary.Attempt == recorded)
                _log.Add(Rule.DuplicateNotInLedger, "the ledger holds the redemption under the duplicate's own attempt", summary.FirstDuplicateOp);
        }
        if (owner < 0 ? !anonymousCanOwn : summaries[owner].EarliestRedemptionOp < 0)
            _log.Add(Rule.RefusalSpentToken, $"the ledger holds attempt {recorded:x}, which cannot have redeemed the token", indexes[0]);
    }

    private void CheckAbsent(TokenInfo token, List<AttemptSummary> summaries, long time, long? seen)
    {
        if (seen is { } earlier) _log.Add(Rule.RedemptionLost, $"the ledger held token {token.Id:x} at {earlier}, and not at {time}");
        foreach (var summary in summaries)
        {
            if (summary.FirstSuccessReturn < time) _log.Add(Rule.RedemptionLost, $"not in the ledger at {time}", summary.FirstSuccessOp);
            if (summary.FirstDuplicateReturn < time) _log.Add(Rule.DuplicateNotInLedger, $"not in the ledger at {time}", summary.FirstDuplicateOp);
        }
    }

    private bool TryFind(UInt128 token, out UInt128 attempt)
    {
        foreach (var (_, content) in _readings)
            if (content.Redemptions.TryGetValue(token, out attempt)) return true;
        attempt = default;
        return false;
    }

    private static int IndexOf(List<AttemptSummary> summaries, UInt128 recorded)
    {
        for (var i = 0; i < summaries.Count; i++)
            if (summaries[i].Attempt == recorded && !summaries[i].Anonymous) return i;
        return -1;
    }
}
