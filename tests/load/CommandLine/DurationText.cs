using System.Globalization;

namespace CaptchaCluster.Tests.Load.CommandLine;

/// <summary>A duration as people write it: <c>30s</c>, <c>5m</c>, <c>1h</c>, <c>250ms</c>; a number alone is seconds.</summary>
internal static class DurationText
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    /// <exception cref="FormatException">The message says what is allowed.</exception>
    public static TimeSpan Parse(string text)
    {
        (string number, double seconds) = text switch
        {
            [.. var digits, 'm', 's'] => (digits, 0.001),
            [.. var digits, 's'] => (digits, 1),
            [.. var digits, 'm'] => (digits, 60),
            [.. var digits, 'h'] => (digits, 3600),
            _ => (text, 1.0),
        };
        if (double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
            && value * seconds <= Longest.TotalSeconds)
        {
            return TimeSpan.FromSeconds(value * seconds);
        }

        throw new FormatException($"'{text}' is no duration; write for example 30s, 5m, 1h or 250ms, at most 30 days.");
    }
}
