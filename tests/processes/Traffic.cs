using CaptchaCluster.Tests.History;

namespace CaptchaCluster.Tests.Processes;

/// <summary>
/// Decides what callers send: fresh tokens with and without a key, rivals, retries, what an earlier process left undecided,
/// wrong secrets. Remembers what came of it; safe for any number of callers.
/// </summary>
internal sealed class Traffic
{
    private readonly Lock gate = new();
    private readonly Queue<MintedToken> fresh = [];
    private readonly List<Submission> past = [];
    private readonly List<Submission> undecided = [];
    private readonly Dictionary<MintedToken, Submission> acknowledged = [];
    private int keys;

    /// <summary>Every token that somebody was told success for, with the submission that was told it.</summary>
    public IReadOnlyCollection<Submission> Acknowledged
    {
        get
        {
            lock (gate) return [.. acknowledged.Values];
        }
    }

    /// <summary>Tokens that somebody was told success for.</summary>
    public int AcknowledgedCount
    {
        get
        {
            lock (gate) return acknowledged.Count;
        }
    }

    /// <summary>Tokens that nobody has tried.</summary>
    public int FreshCount
    {
        get
        {
            lock (gate) return fresh.Count;
        }
    }

    public IReadOnlyCollection<Submission> Undecided
    {
        get
        {
            lock (gate) return [.. undecided];
        }
    }

    public void Add(IEnumerable<MintedToken> tokens)
    {
        lock (gate)
        {
            foreach (MintedToken token in tokens) fresh.Enqueue(token);
        }
    }

    /// <summary>What one caller sends next; more than one is sent at the same time.</summary>
    public IReadOnlyList<Submission> Next(Random random)
    {
        lock (gate)
        {
            return random.Next(100) switch
            {
                < 10 when past.Count > 0 => [Past(random).Again()],
                < 20 when past.Count > 0 => [Past(random).Again() with { IdempotencyKey = random.Next(2) == 0 ? NewKey() : null }],
                < 30 when undecided.Count > 0 => [TakeUndecided(random).Again()],
                < 35 when past.Count > 0 => [Past(random) with { IdempotencyKey = NewKey() }],
                < 40 => Rivals(Fresh(random)),
                < 42 => [WithForeignSecret(Fresh(random), random)],
                < 45 => [WithSomeSecret(Fresh(random), random)],
                < 65 => [Submission.Of(Fresh(random), null)],
                _ => [Submission.Of(Fresh(random), NewKey())],
            };
        }
    }

    public void Learn(Submission submission, Answer answer)
    {
        lock (gate)
        {
            past.Add(submission);
            if (answer.Verdict == Verdict.Unknown) undecided.Add(submission);
            if (answer.Verdict == Verdict.Success) acknowledged.TryAdd(submission.Token, submission);
        }
    }

    public string NewKey() => $"submission {Interlocked.Increment(ref keys)}";

    private Submission Past(Random random) => past[random.Next(past.Count)];

    private Submission TakeUndecided(Random random)
    {
        int which = random.Next(undecided.Count);
        Submission taken = undecided[which];
        undecided.RemoveAt(which);
        return taken;
    }

    // Where none is left any old one does: it is a rival then.
    private MintedToken Fresh(Random random) => fresh.TryDequeue(out MintedToken? token) ? token : Past(random).Token;

    private Submission[] Rivals(MintedToken token)
    {
        Submission first = Submission.Of(token, NewKey());
        return [first, Submission.Of(token, null), first, Submission.Of(token, NewKey())];
    }

    private Submission WithSomeSecret(MintedToken token, Random random) =>
        Submission.Of(token, NewKey()) with { Secret = token.Site.Secrets[random.Next(token.Site.Secrets.Count)] };

    private Submission WithForeignSecret(MintedToken token, Random random)
    {
        RecordedSite other = past.Count == 0 ? token.Site : Past(random).Token.Site;
        return Submission.Of(token, NewKey()) with { Site = other, Secret = other.Newest };
    }
}
