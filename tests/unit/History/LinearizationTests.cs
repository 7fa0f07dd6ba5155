using CaptchaCluster.Tests.History;

namespace CaptchaCluster.Tests.Unit.History;

/// <summary>Cross-checks the interval rules against a search over all orders, on histories small enough for it.</summary>
public sealed class LinearizationTests
{
    [Fact]
    [Trait("Invariant", "I1")]
    [Trait("Invariant", "I4")]
    public void On_one_token_the_checker_accepts_exactly_what_some_order_explains()
    {
        int accepted = 0, rejected = 0;
        for (var seed = 0; seed < 25_000; seed++)
        {
            var random = new Random(seed);
            var history = new RecordedHistory();
            history.Tokens.Add(new(1, 1, long.MaxValue));
            for (var i = random.Next(2, 7); i > 0; i--)
            {
                Verdict[] verdicts = [Verdict.Success, Verdict.Duplicate, Verdict.Duplicate, Verdict.Unknown];
                var verdict = verdicts[random.Next(4)];
                history.Attempts.Add(Timed(random, new((UInt128)random.Next(1, 4), 0, 0, 0, 1, 1, verdict)));
            }
            var explained = Search(history, UInt128.Zero, Verify);
            if (explained) accepted++;
            else rejected++;
            Assert.True(explained == HistoryChecker.Check(history).IsClean, $"seed {seed}: explained {explained}; {HistoryChecker.Check(history)}");
        }
        Assert.True(accepted > 4_000 && rejected > 4_000, $"{accepted} accepted, {rejected} rejected");

        static UInt128? Verify(UInt128 winner, AttemptOperation op) => op.Verdict switch
        {
            Verdict.Success => winner == 0 || winner == op.Attempt ? op.Attempt : null,
            Verdict.Duplicate => winner != 0 && winner != op.Attempt ? winner : null,
            _ => winner == 0 ? op.Attempt : winner,
        };
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public void On_one_site_the_checker_accepts_whatever_some_order_explains()
    {
        int accepted = 0, rejected = 0;
        for (var seed = 0; seed < 25_000; seed++)
        {
            var random = new Random(seed);
            var history = new RecordedHistory();
            for (var i = random.Next(2, 5); i > 0; i--)
            {
                history.Tokens.Add(new((UInt128)i, 1, long.MaxValue));
                var verdict = random.Next(2) == 0 ? Verdict.Success : Verdict.InvalidSecret;
                history.Attempts.Add(Timed(random, new((UInt128)i, 0, 0, history.Tokens.Count - 1, 1, random.Next(1, 3), verdict)));
            }
            for (var i = random.Next(0, 4); i > 0; i--) history.SiteOperations.Add(RandomOperation(random));
            // By the contract of SiteOperation.NewGeneration, which otherwise takes generation 2 for the first.
            if (!history.SiteOperations.Any(o => o.NewGeneration == 2) && history.Attempts.Any(a => a.Generation == 2)) continue;
            var explained = Search(history, (Current: 1, Active: true, Deleted: false),
                (site, op) => site is { Active: true, Deleted: false } && site.Current == op.Generation == (op.Verdict == Verdict.Success)
                    || (op.Verdict == Verdict.InvalidSecret && (!site.Active || site.Deleted)) ? site : null, Apply);
            var report = HistoryChecker.Check(history);
            if (explained)
            {
                accepted++;
                Assert.True(report.IsClean, $"seed {seed}: {report}");
            }
            else if (!report.IsClean) rejected++;
        }
        // Soundness only: the site rules draw each conclusion from one answer or acknowledgement, not from several together.
        Assert.True(accepted > 2_000 && rejected > 4_000, $"{accepted} accepted, {rejected} rejected");

        static (int Current, bool Active, bool Deleted)? Apply((int Current, bool Active, bool Deleted) site, SiteOperation op)
        {
            if (site.Deleted) return null;
            return op.Kind switch
            {
                SiteOperationKind.Disable => site with { Active = false },
                SiteOperationKind.Enable => site with { Active = true },
                SiteOperationKind.Delete => site with { Deleted = true },
                _ => op.NewGeneration is 0 || op.NewGeneration == site.Current + 1 ? site with { Current = site.Current + 1 } : null,
            };
        }
    }

    private static SiteOperation RandomOperation(Random random)
    {
        var kind = random.Next(8) switch
        {
            < 4 => SiteOperationKind.RotateImmediate,
            4 => SiteOperationKind.Disable,
            5 or 6 => SiteOperationKind.Enable,
            _ => SiteOperationKind.Delete,
        };
        var call = random.Next(10);
        var lost = random.Next(3) == 0;
        var generation = kind == SiteOperationKind.RotateImmediate && !(lost && random.Next(2) == 0) ? 2 : 0;
        return new(kind, 1, call, lost ? AttemptOperation.Never : call + random.Next(4), NewGeneration: generation);
    }

    private static AttemptOperation Timed(Random random, AttemptOperation op)
    {
        var call = random.Next(12);
        return op with { Call = call, Return = op.Verdict == Verdict.Unknown ? AttemptOperation.Never : call + random.Next(5) };
    }

    /// <summary>Whether the answered operations, and any of the others, can be put in an order that explains the answers.</summary>
    private static bool Search<T>(RecordedHistory history, T state, Func<T, AttemptOperation, T?> verify, Func<T, SiteOperation, T?>? apply = null)
        where T : struct
    {
        var attempts = history.Attempts;
        var calls = attempts.Select(a => a.Call).Concat(history.SiteOperations.Select(o => o.Call)).ToArray();
        var returns = attempts.Select(a => a.Return).Concat(history.SiteOperations.Select(o => o.Return)).ToArray();
        return From(state, 0);

        bool From(T before, int done)
        {
            var open = Enumerable.Range(0, calls.Length).Where(i => (done & 1 << i) == 0).ToArray();
            if (open.All(i => returns[i] == AttemptOperation.Never)) return true;
            var earliestReturn = open.Min(i => returns[i]);
            foreach (var i in open.Where(i => calls[i] <= earliestReturn))
            {
                var after = i < attempts.Count ? verify(before, attempts[i]) : apply!(before, history.SiteOperations[i - attempts.Count]);
                if (after is { } next && From(next, done | 1 << i)) return true;
            }
            return false;
        }
    }
}
