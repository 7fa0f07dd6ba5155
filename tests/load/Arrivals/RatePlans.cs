using System.Globalization;

namespace CaptchaCluster.Tests.Load.Arrivals;

/// <summary>Reads a rate as the command line has it: constant, a ramp, or steps.</summary>
internal static class RatePlans
{
    public const string Forms =
        "a rate (20000), a ramp over the duration (1000-40000), or steps that each last the duration (5000-60000/5000), in requests a second";

    private const int MaxSteps = 1000;
    private const double MaxRate = 10_000_000;

    /// <summary>One plan, or one for each step.</summary>
    /// <exception cref="FormatException">The message says what is allowed.</exception>
    public static IReadOnlyList<RatePlan> Parse(string text, TimeSpan duration)
    {
        string[] halves = text.Split('/');
        string[] ends = halves[0].Split('-');
        if (halves.Length > 2 || ends.Length > 2 || (halves.Length == 2 && ends.Length == 1)) throw Wrong(text);
        double from = Read(text, ends[0]);
        double to = Read(text, ends[^1]);
        if (halves.Length == 1) return [new RatePlan(from, to, duration)];

        double step = Read(text, halves[1]);
        if (to < from || (to - from) / step > MaxSteps) throw Wrong(text);
        return [.. Enumerable.Range(0, (int)((to - from) / step) + 1).Select(i => new RatePlan(from + (i * step), from + (i * step), duration))];
    }

    private static double Read(string text, string part) =>
        double.TryParse(part, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double rate) && rate is > 0 and <= MaxRate
            ? rate
            : throw Wrong(text);

    private static FormatException Wrong(string text) => new($"'{text}' is none of: {Forms}.");
}
