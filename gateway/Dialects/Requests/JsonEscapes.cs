using System.Buffers.Text;
using System.Text;

namespace CaptchaCluster.Gateway.Dialects.Requests;

/// <summary>
/// Decodes the inside of a JSON string. <c>Utf8JsonReader.CopyString</c> does the same, but tells of half a surrogate pair by throwing,
/// and refusing has to stay cheap (I12).
/// </summary>
internal static class JsonEscapes
{
    private const int UnicodeEscapeLength = 6;

    /// <param name="escaped">A string that the JSON reader let through: its escapes are complete, only surrogates are unchecked.</param>
    /// <param name="decoded">As long as <paramref name="escaped"/>; no escape is shorter than its UTF-8.</param>
    /// <param name="written">Bytes decoded.</param>
    /// <returns>False if a surrogate stands alone: no UTF-8 exists for it.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> escaped, Span<byte> decoded, out int written)
    {
        written = 0;
        while (true)
        {
            var plain = escaped.IndexOf((byte)'\\');
            if (plain < 0) plain = escaped.Length;
            escaped[..plain].CopyTo(decoded[written..]);
            written += plain;
            escaped = escaped[plain..];
            if (escaped.IsEmpty) return true;

            // Escapes come in rows; see FormFields.
            while (!escaped.IsEmpty && escaped[0] == '\\')
            {
                if (escaped[1] != 'u')
                {
                    decoded[written++] = Short(escaped[1]);
                    escaped = escaped[2..];
                }
                else if (TryTakeScalar(ref escaped, out var scalar))
                {
                    written += scalar.EncodeToUtf8(decoded[written..]);
                }
                else
                {
                    return false;
                }
            }
        }
    }

    private static byte Short(byte letter) => letter switch
    {
        (byte)'b' => (byte)'\b',
        (byte)'f' => (byte)'\f',
        (byte)'n' => (byte)'\n',
        (byte)'r' => (byte)'\r',
        (byte)'t' => (byte)'\t',
        _ => letter, // " \ / stand for themselves
    };

    private static bool TryTakeScalar(ref ReadOnlySpan<byte> escaped, out Rune scalar)
    {
        var unit = CodeUnit(escaped);
        escaped = escaped[UnicodeEscapeLength..];
        if (Rune.TryCreate(unit, out scalar)) return true;
        if (!escaped.StartsWith("\\u"u8) || !Rune.TryCreate(unit, CodeUnit(escaped), out scalar)) return false;
        escaped = escaped[UnicodeEscapeLength..];
        return true;
    }

    private static char CodeUnit(ReadOnlySpan<byte> escape) =>
        Utf8Parser.TryParse(escape[2..UnicodeEscapeLength], out ushort unit, out _, 'x') ? (char)unit : '\0';
}
