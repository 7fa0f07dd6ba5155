using System.Globalization;
using System.Text;

namespace CaptchaCluster.Gateway.Logging;

/// <summary><c>name=value</c>, in quotes where there is more to a value than a word; escapes as in JSON.</summary>
internal sealed class LogfmtFormatter(TimeProvider clock, Redaction redaction) : LineFormatter(Word, clock, redaction)
{
    /// <summary>As Logging:Console:FormatterName names it.</summary>
    public const string Word = "logfmt";

    protected override string Compose(IReadOnlyList<LogField> fields)
    {
        StringBuilder line = new();
        foreach (LogField field in fields)
        {
            if (line.Length > 0) line.Append(' ');
            line.Append(field.Name).Append('=');
            if (IsWord(field.Value)) line.Append(field.Value);
            else AppendQuoted(line, field.Value);
        }

        return line.ToString();
    }

    private static bool IsWord(string value) =>
        value.Length > 0 && value.All(c => c is > ' ' and <= '~' and not ('"' or '=' or '\\'));

    private static void AppendQuoted(StringBuilder line, string value)
    {
        line.Append('"');
        foreach (char c in value)
        {
            if (c is '"' or '\\') line.Append('\\').Append(c);
            else if (c == '\n') line.Append("\\n");
            else if (IsUnsafe(c)) line.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else line.Append(c);
        }

        line.Append('"');
    }

    // What ends a line somewhere, what a terminal obeys, and what shows text in another order than it is in.
    private static bool IsUnsafe(char c) => char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;
}
