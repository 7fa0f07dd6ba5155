using System.Globalization;

namespace CaptchaCluster.Tests.Load.Arrivals;

/// <summary>
/// A rate of arrivals that is the same throughout, or grows or falls evenly from one to another. A pure function: which
/// request starts when does not depend on how the server does.
/// </summary>
/// <param name="From">Requests a second at the start.</param>
/// <param name="To">Requests a second at the end.</param>
/// <param name="Duration">How long.</param>
internal sealed record RatePlan(double From, double To, TimeSpan Duration)
{
    /// <summary>How many requests start in all.</summary>
    public long Total => (long)Math.Floor(((From + To) / 2 * Duration.TotalSeconds) + Tolerance);

    // What rounding may take from a number of requests that should come out whole.
    private const double Tolerance = 1e-6;

    /// <summary>When request <paramref name="number"/> starts, the first being 0: at the moment when so many should have started.</summary>
    public TimeSpan StartOf(long number)
    {
        double growth = (To - From) / Duration.TotalSeconds;

        // number = From·t + growth·t²/2, solved for t in the form that loses nothing where growth is small.
        double seconds = 2 * number / (From + Math.Sqrt(Math.Max(0, (From * From) + (2 * growth * number))));
        return number == 0 ? TimeSpan.Zero : TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond));
    }

    /// <summary>Requests a second at that time.</summary>
    public double RateAt(TimeSpan time) => From + ((To - From) * Math.Clamp(time / Duration, 0, 1));

    public override string ToString() => From == To ? PerSecond(From) : $"{PerSecond(From)} to {PerSecond(To)}";

    private static string PerSecond(double rate) => rate.ToString("#,0.##", CultureInfo.InvariantCulture) + "/s";
}
