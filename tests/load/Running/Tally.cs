using CaptchaCluster.Tests.Load.Latency;
using CaptchaCluster.Tests.Load.Mix;

namespace CaptchaCluster.Tests.Load.Running;

/// <summary>What became of the requests of one kind.</summary>
internal sealed class KindTally
{
    /// <summary>The one right answer came.</summary>
    public long Right { get; set; }

    /// <summary>No verdict came.</summary>
    public long Unknown { get; set; }

    /// <summary>A wrong answer came.</summary>
    public long Wrong { get; set; }

    /// <summary>No answer came.</summary>
    public long Failed { get; set; }

    public long Answered => Right + Unknown + Wrong;

    public LatencyHistogram Latency { get; } = new();

    public void Add(KindTally other)
    {
        Right += other.Right;
        Unknown += other.Unknown;
        Wrong += other.Wrong;
        Failed += other.Failed;
        Latency.Add(other.Latency);
    }
}

/// <summary>What became of requests, by kind. Has one writer.</summary>
internal sealed class Tally
{
    private readonly KindTally?[] kinds = new KindTally?[Expectation.Kinds.Count];
    private readonly SortedDictionary<string, long> failures = [];
    private readonly LatencyHistogram notSent = new();

    /// <summary>Requests that should have started and could not before the end: every connection was still waiting for an answer.</summary>
    public long NotSent => notSent.Count;

    /// <summary>Why no answer came, and how often; attempts to connect are among them.</summary>
    public IReadOnlyDictionary<string, long> Failures => failures;

    public long Answered => Sum(kind => kind.Answered);

    public long Right => Sum(kind => kind.Right);

    public long Unknown => Sum(kind => kind.Unknown);

    public long Wrong => Sum(kind => kind.Wrong);

    public long Failed => Sum(kind => kind.Failed);

    public IEnumerable<(RequestKind Kind, KindTally Tally)> Kinds =>
        Expectation.Kinds.Where(kind => kinds[(int)kind] is not null).Select(kind => (kind, kinds[(int)kind]!));

    public void Answer(RequestKind kind, Answer answer, TimeSpan latency)
    {
        KindTally tally = Of(kind);
        if (answer == Expectation.Of(kind)) tally.Right++;
        else if (answer == Mix.Answer.Unknown) tally.Unknown++;
        else tally.Wrong++;
        tally.Latency.Record(latency);
    }

    /// <param name="kind">Of the request.</param>
    /// <param name="why">In words that can be counted.</param>
    /// <param name="waited">How long an answer was waited for in vain; null where the wait was cut off.</param>
    public void Fail(RequestKind kind, string why, TimeSpan? waited)
    {
        Of(kind).Failed++;
        Note(why);
        if (waited is { } time) Of(kind).Latency.Record(time);
    }

    /// <summary>Something failed that was no request.</summary>
    public void Note(string why) => failures[why] = failures.GetValueOrDefault(why) + 1;

    /// <summary>It counts with the time it has waited so far: leaving it out would flatter the server.</summary>
    public void MissStart(TimeSpan waited) => notSent.Record(waited);

    public void Add(Tally other)
    {
        notSent.Add(other.notSent);
        foreach ((RequestKind kind, KindTally tally) in other.Kinds) Of(kind).Add(tally);
        foreach ((string why, long count) in other.failures) failures[why] = failures.GetValueOrDefault(why) + count;
    }

    /// <summary>Of all kinds together, and of what could not be sent.</summary>
    public LatencyHistogram Latency()
    {
        LatencyHistogram all = new();
        all.Add(notSent);
        foreach ((_, KindTally tally) in Kinds) all.Add(tally.Latency);
        return all;
    }

    private KindTally Of(RequestKind kind) => kinds[(int)kind] ??= new KindTally();

    private long Sum(Func<KindTally, long> count) => Kinds.Sum(kind => count(kind.Tally));
}
