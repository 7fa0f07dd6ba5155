using CaptchaCluster.Tests.History;

namespace CaptchaCluster.Tests.Unit.History;

/// <summary>One way to break a correct history. <see cref="TryApply"/> answers false where the history offers no occasion.</summary>
internal sealed record Mutation(string Name, Rule Breaks, Func<RecordedHistory, Random, bool> TryApply)
{
    public static readonly UInt128 FreshKey = (UInt128)1 << 100;

    public static IEnumerable<Mutation> All => [.. TokenMutations.All, .. LedgerMutations.All, .. SiteMutations.All];

    /// <summary>A random element that fits, or null.</summary>
    public static T? Pick<T>(IEnumerable<T> from, Random random, Func<T, bool> fits) where T : struct
    {
        var fitting = from.Where(fits).ToList();
        return fitting.Count == 0 ? null : fitting[random.Next(fitting.Count)];
    }

    /// <summary>Appends an attempt on a token of its own that never expires, so that only site rules can object.</summary>
    public static bool OnFreshToken(RecordedHistory history, int site, int generation, long call, Verdict verdict)
    {
        history.Ledger = null;
        history.LedgerReadings.Clear();
        history.Tokens.Add(new(FreshKey, site, long.MaxValue));
        history.Attempts.Add(new(FreshKey, call, call + 1, history.Tokens.Count - 1, site, generation, verdict));
        return true;
    }
}
