namespace CaptchaCluster.Tests.History;

/// <summary>What a history proves about one generation of a site's secret. "From" and "by" are observer ticks; never = MaxValue.</summary>
internal sealed class GenerationFacts
{
    /// <summary>No rotation names the first generation of a site: it was always there.</summary>
    public bool MadeByRotation;
    public bool MadeGracefully;
    public long GraceEnd = long.MinValue;

    /// <summary>Before this the generation cannot have existed.</summary>
    public long EarliestBirth = long.MaxValue;

    /// <summary>The generation certainly existed from here on.</summary>
    public long BornBy = long.MaxValue;
    public long FirstSuccess = long.MaxValue;
    public int FirstSuccessAttempt = -1;

    /// <summary>Before this no rotation can have ended it.</summary>
    public long EarliestRetirement = long.MaxValue;

    /// <summary>An acknowledged rotation has ended it.</summary>
    public long RetiredFrom = long.MaxValue;

    /// <summary>A later generation has been seen to work.</summary>
    public long SupersededFrom = long.MaxValue;
    public int SupersededBy = -1;

    /// <summary>A refusal that only a rotation or a delete explains; neither is ever undone.</summary>
    public long DeadFrom = long.MaxValue;
    public int DeadBy = -1;

    /// <summary>Refusals that a disable explains too: key = refused for certain by, value = the refusal's call.</summary>
    public PrefixMax? Refusals;

    /// <summary>When the generations before this one end, if it is known to have begun at <paramref name="begun"/>.</summary>
    public long EndsEarlierFrom(long begun, ClockBounds clock) =>
        MadeGracefully ? Math.Max(begun, GraceEnd.Plus(clock.Epsilon)) : begun;
}
