namespace CaptchaCluster.Tests.Fuzz.Running;

/// <summary>An input that was judged wrongly.</summary>
internal sealed record Finding(string Target, string Origin, byte[] Input, string Wrong);

/// <summary>What one parser was given and did; safe for any number of threads.</summary>
internal sealed class TargetTally(string name)
{
    /// <summary>More of one parser say no more.</summary>
    private const int MostFindings = 20;

    private readonly Lock gate = new();
    private readonly List<Finding> findings = [];
    private long accepted, refused, wrong;

    public string Name => name;

    public long Accepted => Interlocked.Read(ref accepted);

    public long Refused => Interlocked.Read(ref refused);

    public long Wrong => Interlocked.Read(ref wrong);

    public IReadOnlyList<Finding> Findings
    {
        get
        {
            lock (gate) return [.. findings];
        }
    }

    public void Add(long acceptedOnes, long refusedOnes)
    {
        Interlocked.Add(ref accepted, acceptedOnes);
        Interlocked.Add(ref refused, refusedOnes);
    }

    public void Add(Finding finding)
    {
        Interlocked.Increment(ref wrong);
        lock (gate)
        {
            if (findings.Count < MostFindings) findings.Add(finding);
        }
    }
}
