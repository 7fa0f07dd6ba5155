using CaptchaCluster.Tests.History;
using static CaptchaCluster.Tests.Unit.History.Mutation;

namespace CaptchaCluster.Tests.Unit.History;

/// <summary>Breaking what the disk holds: I1, I2, I4 and I6.</summary>
internal static class LedgerMutations
{
    public static IEnumerable<Mutation> All =>
    [
        new("an acknowledged redemption is gone", Rule.RedemptionLost, (h, random) =>
            Change(h, Pick(h.Attempts, random, a => a.Verdict == Verdict.Success && IsKept(h, a)), (ledger, id, _) => ledger.Remove(id))),

        new("the ledger holds an acknowledged redemption under another attempt", Rule.LedgerNamesAnotherAttempt, (h, random) =>
            Change(h, Pick(h.Attempts, random, a => a is { Verdict: Verdict.Success, Anonymous: false } && IsKept(h, a)),
                (ledger, id, _) => ledger[id] = FreshKey)),

        new("the ledger holds an anonymous redemption under a caller's attempt", Rule.LedgerNamesAnotherAttempt, (h, random) =>
        {
            if (Pick(h.Attempts, random, a => a is { Verdict: Verdict.Success, Anonymous: true } && IsKept(h, a)) is not { } success) return false;
            h.Attempts.Add(success with { Attempt = FreshKey, Anonymous = false, Verdict = Verdict.Refused });
            return Change(h, success, (ledger, id, _) => ledger[id] = FreshKey);
        }),

        new("a duplicate's winner is not in the ledger", Rule.DuplicateNotInLedger, (h, random) =>
            Change(h, Pick(h.Attempts, random, a => a.Verdict == Verdict.Duplicate && IsKept(h, a)), (ledger, id, _) => ledger.Remove(id))),

        new("the ledger holds the duplicate itself", Rule.DuplicateNotInLedger, (h, random) =>
            Change(h, Pick(h.Attempts, random, a => a is { Verdict: Verdict.Duplicate, Anonymous: false } && IsKept(h, a)),
                (ledger, id, attempt) => ledger[id] = attempt)),

        new("a refused attempt spent the token", Rule.RefusalSpentToken, (h, random) =>
            Change(h, Pick(h.Attempts, random, a => a is { Verdict: Verdict.Refused or Verdict.InvalidSecret or Verdict.Expired, Anonymous: false }
                    && h.Ledger is { } l && !l.Redemptions.ContainsKey(h.Tokens[a.Token].Id)
                    && !h.Attempts.Any(b => b.Token == a.Token && b.Attempt == a.Attempt && b.Verdict is Verdict.Success or Verdict.Unknown)),
                (ledger, id, attempt) => ledger[id] = attempt)),

        new("a token nobody tried is spent", Rule.RefusalSpentToken, (h, _) =>
        {
            if (h.Ledger is null) return false;
            h.Tokens.Add(new(FreshKey, 0, long.MaxValue));
            return Change(h, new AttemptOperation { Token = h.Tokens.Count - 1 }, (ledger, id, _) => ledger[id] = 1);
        }),

        // I4: a write that failed must not have been answered from while it was pending.
        new("the ledger's winner came after the duplicate", Rule.PhantomDuplicate, (h, random) =>
        {
            if (h.Ledger is null) return false;
            h.Tokens.Add(new(FreshKey, ModelRun.QuietSite, long.MaxValue));
            var token = h.Tokens.Count - 1;
            var start = random.Next(500);
            h.Attempts.Add(new(1, start, AttemptOperation.Never, token, ModelRun.QuietSite, 1, Verdict.Unknown));
            h.Attempts.Add(new(2, start + 1, start + 2, token, ModelRun.QuietSite, 1, Verdict.Duplicate));
            h.Attempts.Add(new(3, start + 3, AttemptOperation.Never, token, ModelRun.QuietSite, 1, Verdict.Unknown));
            return Change(h, h.Attempts[^1], (ledger, id, attempt) => ledger[id] = attempt);
        }),

        new("an acknowledged redemption was not yet in the ledger", Rule.RedemptionLost, (h, random) =>
            Read(h, Pick(h.Attempts, random, a => a.Verdict == Verdict.Success), success => [new(success.Return + 1, Nothing)])),

        new("a duplicate's winner was not yet in the ledger", Rule.DuplicateNotInLedger, (h, random) =>
            Read(h, Pick(h.Attempts, random, a => a.Verdict == Verdict.Duplicate), duplicate => [new(duplicate.Return + 1, Nothing)])),

        new("a redemption that nobody was told of is in the ledger and then is not", Rule.RedemptionLost, (h, random) =>
            Read(h, Pick(h.Attempts, random, a => a.Verdict == Verdict.Unknown), lost => [new(lost.Call + 1, Holding(h, lost)), new(lost.Call + 2, Nothing)])),

        new("a redemption is in the ledger under one attempt and then under another", Rule.LedgerNamesAnotherAttempt, (h, random) =>
            Read(h, Pick(h.Attempts, random, a => a.Verdict == Verdict.Unknown),
                lost => [new(lost.Call + 1, Holding(h, lost)), new(lost.Call + 2, Holding(h, lost with { Attempt = FreshKey }))])),

        new("the horizon goes back", Rule.HorizonShrank, (h, _) =>
            Read(h, h.Attempts[0], _ => [new(1, Nothing with { PurgeHorizon = -500 }), new(2, Nothing with { PurgeHorizon = -501 })])),
    ];

    private static LedgerContent Nothing => new(new Dictionary<UInt128, UInt128>());

    private static LedgerContent Holding(RecordedHistory history, AttemptOperation a) =>
        new(new Dictionary<UInt128, UInt128> { [history.Tokens[a.Token].Id] = a.Attempt });

    private static bool Read(RecordedHistory history, AttemptOperation? on, Func<AttemptOperation, LedgerReading[]> readings)
    {
        if (on is not { } op) return false;
        history.LedgerReadings.Clear();
        history.LedgerReadings.AddRange(readings(op));
        return true;
    }

    private static bool IsKept(RecordedHistory history, AttemptOperation a) =>
        history.Ledger is { } ledger && history.Tokens[a.Token].Expiry > ledger.PurgeHorizon;

    private static bool Change(RecordedHistory history, AttemptOperation? on, Action<Dictionary<UInt128, UInt128>, UInt128, UInt128> change)
    {
        if (on is not { } op || history.Ledger is not { } ledger) return false;
        var redemptions = new Dictionary<UInt128, UInt128>(ledger.Redemptions);
        change(redemptions, history.Tokens[op.Token].Id, op.Attempt);
        history.LedgerReadings.Clear();
        history.Ledger = ledger with { Redemptions = redemptions };
        return true;
    }
}
