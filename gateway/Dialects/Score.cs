using System.Globalization;

namespace CaptchaCluster.Gateway.Dialects;

/// <summary>A token's score turned round: to us 1 is human, to some peers 1 is risk.</summary>
internal static class Score
{
    /// <param name="score">A JSON number from 0 to 1, as a token has it.</param>
    /// <returns>Exact: <c>0.9</c> becomes <c>0.1</c>, and not what binary fractions make of it.</returns>
    public static decimal Inverted(ReadOnlySpan<byte> score) => 1 - decimal.Parse(score, NumberStyles.Float, CultureInfo.InvariantCulture);
}
