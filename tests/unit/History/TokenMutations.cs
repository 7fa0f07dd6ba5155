using CaptchaCluster.Tests.History;
using static CaptchaCluster.Tests.Unit.History.Mutation;

namespace CaptchaCluster.Tests.Unit.History;

/// <summary>Breaking I1, I3, I4, I6 and I7.</summary>
internal static class TokenMutations
{
    public static IEnumerable<Mutation> All =>
    [
        new("a second attempt succeeds", Rule.SecondWinner, (h, random) =>
            Append(h, Pick(h.Attempts, random, IsSuccess), s => s with { Attempt = FreshKey })),

        new("a duplicate returns before anybody who can have redeemed is called", Rule.PhantomDuplicate, (h, random) =>
        {
            if (Pick(h.Attempts, random, IsSuccess) is not { } winner) return false;
            var first = h.Attempts.Where(a => a.Token == winner.Token).Min(a => a.Call);
            return Append(h, winner, w => w with { Attempt = FreshKey, Verdict = Verdict.Duplicate, Call = first - 3, Return = first - 1 });
        }),

        new("a duplicate on a token nobody redeemed", Rule.PhantomDuplicate, (h, random) =>
            Append(h, Pick(h.Attempts, random, a => IsDefinite(a) && !h.Attempts.Any(b => b.Token == a.Token && CanRedeem(b))),
                a => a with { Attempt = FreshKey, Verdict = Verdict.Duplicate })),

        new("the winner's own attempt is told duplicate", Rule.DuplicateToWinner, (h, random) =>
            Append(h, Pick(h.Attempts, random, IsSuccess), s => s with { Verdict = Verdict.Duplicate })),

        new("a replay becomes a duplicate", Rule.ReplayRefused, (h, random) =>
            Append(h, Pick(h.Attempts, random, IsSuccess), s => s with { Verdict = Verdict.Duplicate, Call = s.Return + 1, Return = s.Return + 1 })),

        new("a replay becomes expired", Rule.ReplayRefused, (h, random) =>
            Append(h, Pick(h.Attempts, random, s => IsSuccess(s) && s.Site == ModelRun.QuietSite
                    && s.Return + 1 < Kept(h, s) - ModelRun.Epsilon),
                s => s with { Verdict = Verdict.Expired, Call = s.Return + 1, Return = s.Return + 1 })),

        new("a first redemption after the expiry", Rule.LateRedemption, (h, random) =>
        {
            if (Pick(h.Attempts, random, a => a.Verdict == Verdict.Expired && a.Call > h.Tokens[a.Token].Expiry + ModelRun.Epsilon
                    && !h.Attempts.Any(b => b.Token == a.Token && CanRedeem(b))) is not { } late) return false;
            h.Attempts[h.Attempts.IndexOf(late)] = late with { Verdict = Verdict.Success };
            return true;
        }),

        new("expired before the expiry", Rule.EarlyExpired, (h, random) =>
        {
            if (Pick(h.Attempts, random, a => IsDefinite(a) && a.Return < h.Tokens[a.Token].Expiry - ModelRun.Epsilon) is not { } early) return false;
            h.Attempts[h.Attempts.IndexOf(early)] = early with { Verdict = Verdict.Expired };
            return true;
        }),

        new("a replay succeeds after the retention", Rule.SuccessAfterRetention, (h, random) =>
            Append(h, Pick(h.Attempts, random, s => IsSuccess(s) && h.Tokens[s.Token].Expiry != long.MaxValue),
                s => s with { Call = Kept(h, s) + ModelRun.Epsilon + 1, Return = Kept(h, s) + ModelRun.Epsilon + 2 })),

        new("success below the purge horizon", Rule.SuccessAfterPurge, (h, random) =>
        {
            if (Pick(h.Attempts, random, s => IsSuccess(s) && h.Tokens[s.Token].Expiry != long.MaxValue) is not { } success) return false;
            h.Purges.Add(new(success.Call - 1, h.Tokens[success.Token].Expiry));
            return true;
        }),

        new("purged too early", Rule.EarlyPurge, (h, _) =>
        {
            h.Purges.Add(new(300, 300 - ModelRun.Retention + ModelRun.Epsilon + 1));
            return true;
        }),

        new("an answer without a ledger", Rule.AnsweredWithoutLedger, (h, random) =>
        {
            if (Pick(h.Attempts, random, a => a.Verdict is Verdict.Success or Verdict.Duplicate) is not { } answer) return false;
            h.Outages.Add(new(answer.Call - 1, answer.Return + 1));
            return true;
        }),

        new("another site's secret redeems", Rule.ForeignToken, (h, random) =>
            Append(h, Pick(h.Attempts, random, IsSuccess), s => s with { Site = s.Site + 1 })),
    ];

    private static bool IsSuccess(AttemptOperation a) => a.Verdict == Verdict.Success;

    private static bool IsDefinite(AttemptOperation a) => a.Verdict != Verdict.Unknown;

    private static bool CanRedeem(AttemptOperation a) => a.Verdict is Verdict.Success or Verdict.Unknown;

    private static long Kept(RecordedHistory history, AttemptOperation a)
    {
        var expiry = history.Tokens[a.Token].Expiry;
        return expiry == long.MaxValue ? expiry : expiry + ModelRun.Retention;
    }

    private static bool Append(RecordedHistory history, AttemptOperation? model, Func<AttemptOperation, AttemptOperation> change)
    {
        if (model is not { } found) return false;
        history.Attempts.Add(change(found));
        return true;
    }
}
