namespace CaptchaCluster.Tests.History;

/// <summary>I1, I2, I4 and I6 against what was on the disk after the run.</summary>
internal sealed class LedgerRules(RecordedHistory history, ViolationLog log)
{
    private readonly LedgerContent? _ledger = history.Ledger;

    /// <summary>The history's attempt that the ledger names for the token; false where it names none, or one the observer cannot know.</summary>
    public bool TryFind(TokenInfo token, List<AttemptSummary> summaries, out UInt128 attempt)
    {
        attempt = default;
        if (_ledger is null || !_ledger.Redemptions.TryGetValue(token.Id, out var recorded)) return false;
        attempt = recorded;
        return IndexOf(summaries, recorded) >= 0;
    }

    public void Check(TokenInfo token, List<AttemptSummary> summaries, ReadOnlySpan<int> indexes)
    {
        if (_ledger is null) return;
        if (!_ledger.Redemptions.TryGetValue(token.Id, out var recorded))
        {
            if (token.Expiry > _ledger.PurgeHorizon) CheckAbsent(summaries);
            return;
        }
        var owner = IndexOf(summaries, recorded);
        var anonymousCanOwn = false;
        foreach (var summary in summaries)
        {
            anonymousCanOwn |= summary.Anonymous && summary.EarliestRedemptionOp >= 0;
            // An anonymous winner's key is the server's own: it must differ from every key the observer does know.
            if (summary.HasSuccess && (summary.Anonymous ? owner >= 0 : summary.Attempt != recorded))
                log.Add(Rule.LedgerNamesAnotherAttempt, $"the ledger holds attempt {recorded:x}", summary.FirstSuccessOp);
            if (summary.DuplicateOp >= 0 && summary.Attempt == recorded)
                log.Add(Rule.DuplicateNotInLedger, "the ledger holds the redemption under the duplicate's own attempt", summary.DuplicateOp);
        }
        if (owner < 0 ? !anonymousCanOwn : summaries[owner].EarliestRedemptionOp < 0)
            log.Add(Rule.RefusalSpentToken, $"the ledger holds attempt {recorded:x}, which cannot have redeemed the token", indexes[0]);
    }

    private void CheckAbsent(List<AttemptSummary> summaries)
    {
        foreach (var summary in summaries)
        {
            if (summary.HasSuccess) log.Add(Rule.RedemptionLost, "not in the ledger", summary.FirstSuccessOp);
            if (summary.DuplicateOp >= 0) log.Add(Rule.DuplicateNotInLedger, "not in the ledger", summary.DuplicateOp);
        }
    }

    private int IndexOf(List<AttemptSummary> summaries, UInt128 recorded)
    {
        for (var i = 0; i < summaries.Count; i++)
            if (summaries[i].Attempt == recorded && !summaries[i].Anonymous) return i;
        return -1;
    }
}
