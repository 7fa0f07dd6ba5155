namespace CaptchaCluster.Tests.Load.Arrivals;

/// <summary>Says when requests are to start. All times count from the start of the phase.</summary>
internal interface IArrivals
{
    /// <summary>When the next request is to start, past or future; null where there are no more.</summary>
    TimeSpan? Next(TimeSpan now);

    /// <summary>Takes that request, which is then no longer the next.</summary>
    void Take();

    /// <summary>Requests that should have started by then and were not taken.</summary>
    IEnumerable<TimeSpan> Missed(TimeSpan now);
}
