namespace CaptchaCluster.Bench.Projection;

/// <summary>What one machine under a database can bear. Assumed, not measured: put your own here.</summary>
internal sealed record DatabaseMachine
{
    /// <summary>Those of them that may be busy all the time, the rest being for peaks and upkeep.</summary>
    public double Processors { get; init; } = 32 * 0.7;

    /// <summary>Bytes a second that its log can take, and a replica with it.</summary>
    public double LogRate { get; init; } = 500e6;

    /// <summary>Bytes of memory in which table and index must fit: the ids are random, and so is what they touch.</summary>
    public double Memory { get; init; } = 256e9 * 0.7;

    /// <summary>For how long a redemption is kept, in seconds: a token's life by default, and the skew of clocks.</summary>
    public double Retention { get; init; } = 600 + 300;
}
