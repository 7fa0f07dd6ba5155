using CaptchaCluster.Tests.Load.Arrivals;
using CaptchaCluster.Tests.Load.Mix;

namespace CaptchaCluster.Tests.Load.Running;

/// <summary>A stretch of a test in which one mix is sent in one way.</summary>
internal sealed record Phase
{
    public required MixShares Mix { get; init; }

    /// <summary>Requests at most.</summary>
    public long Limit { get; init; } = long.MaxValue;

    /// <summary>No request starts after this; those under way are waited for.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.MaxValue;

    /// <summary>The rate of arrivals; null for a closed loop.</summary>
    public RatePlan? Rate { get; init; }

    /// <summary>Whether fresh tokens go with idempotency keys.</summary>
    public bool WithKeys { get; init; }

    /// <summary>Whether answers are compared with what must be answered.</summary>
    public bool IsChecked { get; init; } = true;

    /// <summary>Ends it early: nothing more is sent, what is under way is waited for.</summary>
    public CancellationToken Cancelled { get; init; }

    /// <summary>What one of several workers is to send of it.</summary>
    public IArrivals ArrivalsFor(int worker, int workers) => Rate is { } plan
        ? new OpenLoop(plan, Limit, worker, workers)
        : new ClosedLoop((Limit / workers) + (worker < Limit % workers ? 1 : 0), Duration);
}
