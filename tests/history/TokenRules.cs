using System.Runtime.InteropServices;

namespace CaptchaCluster.Tests.History;

/// <summary>I1, I3, I4, I6 and I7: one token at a time, one pass over its operations.</summary>
/// <remarks>
/// A redemption is a sticky register: it is set once, at one instant, to one attempt, and never changes. So a token's history
/// needs no search: only who set it and the earliest instant at which that can have happened. That instant is the winner's
/// earliest call; it is never after the return of one of the winner's own successes.
/// </remarks>
internal sealed class TokenRules
{
    private readonly RecordedHistory _history;
    private readonly SiteTimelines _sites;
    private readonly LedgerRules _ledger;
    private readonly ViolationLog _log;
    private readonly AuthorityClock _clock;
    private readonly VerifierClocks _verifiers;
    private readonly long _retention;
    private readonly PrefixMax _purged = new();
    private readonly PrefixMax _outages = new();
    private readonly List<AttemptSummary> _summaries = [];

    public TokenRules(RecordedHistory history, SiteTimelines sites, LedgerRules ledger, ViolationLog log)
    {
        (_history, _sites, _ledger, _log) = (history, sites, ledger, log);
        (_clock, _retention) = (new(history), history.Clock.Retention);
        _verifiers = new(history, _clock);
        foreach (var purge in history.Purges)
        {
            _purged.Add(purge.Time, purge.Horizon);
            if (purge.Horizon.Plus(_retention) > _clock.LatestPurging(purge.Time))
                log.Add(Rule.EarlyPurge, $"at {purge.Time} everything up to expiry {purge.Horizon} had been purged; it is kept {_retention} longer");
        }
        _purged.Seal();
        foreach (var outage in history.Outages) _outages.Add(outage.From, outage.Until);
        _outages.Seal();
    }

    public long Replays { get; private set; }

    /// <summary>Checks one token; <paramref name="indexes"/> are all operations on it, by attempt key and then by call.</summary>
    public void Check(int token, ReadOnlySpan<int> indexes)
    {
        var info = _history.Tokens[token];
        var ops = CollectionsMarshal.AsSpan(_history.Attempts);
        Summarise(info, indexes, ops);

        var winner = FindWinner(info);
        foreach (ref readonly var other in CollectionsMarshal.AsSpan(_summaries))
            if (other.HasSuccess && other.Attempt != winner!.Value.Attempt)
                _log.Add(Rule.SecondWinner, "two attempts were answered success", winner.Value.FirstSuccessOp, other.FirstSuccessOp);

        var current = 0;
        foreach (var index in indexes)
        {
            ref readonly var op = ref ops[index];
            while (_summaries[current].Attempt != op.Attempt) current++;
            CheckOperation(info, index, op, _summaries[current], winner);
        }
        _ledger.Check(info, _summaries, indexes);
    }

    private void CheckOperation(TokenInfo info, int index, in AttemptOperation op, in AttemptSummary own, in AttemptSummary? winner)
    {
        var timeline = _sites.Of(op.Site);
        if (op.Verdict is Verdict.Success or Verdict.Duplicate && _outages.TryBelow(op.Call, out var until, out _) && op.Return < until)
            _log.Add(Rule.AnsweredWithoutLedger, $"the ledger was out of use until {until}", index);
        switch (op.Verdict)
        {
            case Verdict.Success:
                CheckSuccess(info, index, op, own);
                if (timeline.TryRefute(op, out var refutation))
                {
                    if (refutation.Value.Witness >= 0) _log.Add(refutation.Value.Rule, refutation.Value.Why, index, refutation.Value.Witness);
                    else _log.Add(refutation.Value.Rule, refutation.Value.Why, index);
                }
                break;
            case Verdict.Duplicate:
                CheckDuplicate(index, op, winner);
                if (op.Call > own.FirstSuccessReturn)
                    _log.Add(Rule.ReplayRefused, "duplicate after the same attempt's success", own.FirstSuccessOp, index);
                break;
            case Verdict.Expired:
                // What is purged is expired too, whatever the clock says by now.
                if (_verifiers.Latest(op.Call, op.Return) < info.Expiry && _clock.LatestPurging(op.Return) < info.Expiry.Plus(_retention))
                    _log.Add(Rule.EarlyExpired, "expired before the expiry", index);
                // A secret that may have ended is judged first, and its refusals owe the replay nothing.
                if (op.Call > own.FirstSuccessReturn
                    && _verifiers.Latest(op.Call, op.Return) < info.Expiry.Plus(_retention)
                    && _clock.LatestPurging(op.Return) < info.Expiry.Plus(_retention)
                    && !timeline.MayRefuse(op))
                {
                    _log.Add(Rule.ReplayRefused, "expired after the same attempt's success, in its retention", own.FirstSuccessOp, index);
                }
                break;
            case Verdict.InvalidSecret:
                if (!timeline.MayRefuse(op))
                    _log.Add(Rule.ValidSecretRefused, $"nothing can have ended generation {op.Generation} by {op.Return}", index);
                break;
        }
    }

    private void CheckSuccess(TokenInfo info, int index, in AttemptOperation op, in AttemptSummary own)
    {
        if (index != own.FirstSuccessOp) Replays++;
        else if (_clock.Earliest(own.EarliestRedemption, op.Return) > info.Expiry)
            _log.Add(Rule.LateRedemption, "no operation of this attempt was called before the expiry", index);
        if (op.Site != info.Site)
            _log.Add(Rule.ForeignToken, $"redeemed at site {op.Site}, issued by site {info.Site}", index);
        if (_verifiers.Earliest(op.Call, op.Return) > info.Expiry.Plus(_retention))
            _log.Add(Rule.SuccessAfterRetention, "the redemption's retention had ended before the call", index);
        if (_purged.TryBelow(op.Call, out var horizon, out _) && info.Expiry <= horizon)
            _log.Add(Rule.SuccessAfterPurge, $"everything up to expiry {horizon} had been purged before the call", index);
    }

    private void CheckDuplicate(int index, in AttemptOperation op, in AttemptSummary? winner)
    {
        if (winner is not { } w)
            _log.Add(Rule.PhantomDuplicate, "no other attempt can have redeemed the token", index);
        else if (w.Attempt == op.Attempt)
            _log.Add(Rule.DuplicateToWinner, "the winner's own attempt", w.EarliestRedemptionOp, index);
        else if (w.EarliestRedemption > op.Return)
            _log.Add(Rule.PhantomDuplicate, "returned before its winner was called", w.EarliestRedemptionOp, index);
    }

    /// <summary>I4: one winner has to explain every duplicate of the token.</summary>
    private AttemptSummary? FindWinner(TokenInfo info)
    {
        AttemptSummary? best = null;
        foreach (ref readonly var candidate in CollectionsMarshal.AsSpan(_summaries))
            if (candidate.HasSuccess && (best is null || candidate.FirstSuccessReturn < best.Value.FirstSuccessReturn))
                best = candidate;
        if (best is not null) return best;

        // Nobody was told success, but the ledger may say who won. Otherwise any attempt without an answer can have won, unless
        // it was told duplicate itself: then somebody else had. Of the rest the earliest explains the most.
        var named = _ledger.TryFind(info, _summaries, out var attempt);
        foreach (ref readonly var candidate in CollectionsMarshal.AsSpan(_summaries))
        {
            if (candidate.EarliestRedemptionOp < 0) continue;
            if (named && candidate.Attempt == attempt) return candidate;
            if (candidate.FirstDuplicateOp < 0 && (best is null || candidate.EarliestRedemption < best.Value.EarliestRedemption))
                best = candidate;
        }
        return best;
    }

    private void Summarise(TokenInfo info, ReadOnlySpan<int> indexes, ReadOnlySpan<AttemptOperation> ops)
    {
        _summaries.Clear();
        foreach (var index in indexes)
        {
            ref readonly var op = ref ops[index];
            if (_summaries.Count == 0 || _summaries[^1].Attempt != op.Attempt) _summaries.Add(new(op.Attempt));
            CollectionsMarshal.AsSpan(_summaries)[^1].Add(index, op, CanHaveRedeemed(info, op));
        }
    }

    /// <summary>I6: definite refusals spend nothing; I7, I8: neither do operations called too late or with a dead secret.</summary>
    private bool CanHaveRedeemed(TokenInfo info, in AttemptOperation op) => op.Verdict switch
    {
        Verdict.Success => true, // if it could not, that is reported where it belongs
        Verdict.Unknown => op.Site == info.Site
            && _clock.Earliest(op.Call, op.Return) <= info.Expiry
            && !_sites.Of(op.Site).TryRefute(op, out _),
        _ => false,
    };
}
