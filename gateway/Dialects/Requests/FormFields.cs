using System.Buffers.Text;
using System.Text;

namespace CaptchaCluster.Gateway.Dialects.Requests;

/// <summary>
/// <c>application/x-www-form-urlencoded</c> by the rules of the WHATWG URL standard, in a body or a query. There is no malformed
/// form: what is not an escape stands for itself, so clients that concatenate without escaping are understood too (X6).
/// </summary>
internal static class FormFields
{
    private const int MaxEncodedNameLength = 3 * FieldNames.MaxLength;

    /// <param name="body">The form.</param>
    /// <param name="decoded">
    /// As long as the body. A value with escapes is decoded at its own offset, so that values cannot collide; that also lets it be
    /// the memory of the body itself.
    /// </param>
    /// <param name="fields">Receives the fields as one source.</param>
    public static ParseOutcome TryParse(ReadOnlySpan<byte> body, Span<byte> decoded, ref RequestFields fields)
    {
        fields.BeginSource();
        var start = 0;
        while (start < body.Length)
        {
            if (body[start] == '&')
            {
                start++;
                continue;
            }

            var rest = body[start..];
            var nameLength = rest.IndexOfAny((byte)'=', (byte)'&');
            if (nameLength < 0) nameLength = rest.Length;

            var value = nameLength;
            var end = nameLength;
            if (nameLength < rest.Length && rest[nameLength] == '=')
            {
                value++;
                var valueLength = rest[value..].IndexOf((byte)'&');
                end = valueLength < 0 ? rest.Length : value + valueLength;
            }

            var field = Find(rest[..nameLength], fields.Names);
            if (field != RequestField.None)
            {
                if (!fields.TryName(field)) return ParseOutcome.BadRequest;
                fields.Offer(field, Decode(rest[value..end], decoded[(start + value)..(start + end)]));
            }

            start += end + 1;
        }

        return ParseOutcome.Parsed;
    }

    /// <param name="query">As in <c>QueryString.Value</c>, with or without its leading <c>?</c>.</param>
    /// <param name="scratch">Three bytes per character of the query.</param>
    /// <param name="fields">Receives the fields as one source.</param>
    public static ParseOutcome TryParseQuery(ReadOnlySpan<char> query, Span<byte> scratch, ref RequestFields fields)
    {
        if (query.StartsWith('?')) query = query[1..];
        // Half a surrogate pair becomes U+FFFD; it is refused where the value matters.
        var bytes = scratch[..Encoding.UTF8.GetBytes(query, scratch)];
        return TryParse(bytes, bytes, ref fields);
    }

    private static RequestField Find(ReadOnlySpan<byte> name, FieldNames names)
    {
        if (name.Length > MaxEncodedNameLength || !name.Contains((byte)'%')) return names.Find(name);
        Span<byte> decoded = stackalloc byte[MaxEncodedNameLength];
        return names.Find(Decode(name, decoded));
    }

    private static ReadOnlySpan<byte> Decode(ReadOnlySpan<byte> encoded, Span<byte> decoded)
    {
        var plain = NextEscape(encoded);
        if (plain == encoded.Length) return encoded;

        var written = 0;
        while (true)
        {
            encoded[..plain].CopyTo(decoded[written..]);
            written += plain;
            encoded = encoded[plain..];
            // Escapes come in rows where text is not Latin: scanning anew for each would cost more than decoding it.
            while (TryTakeEscape(ref encoded, out var value)) decoded[written++] = value;
            if (encoded.IsEmpty) return decoded[..written];
            plain = NextEscape(encoded);
        }
    }

    private static int NextEscape(ReadOnlySpan<byte> encoded)
    {
        var at = encoded.IndexOfAny((byte)'%', (byte)'+');
        return at < 0 ? encoded.Length : at;
    }

    private static bool TryTakeEscape(ref ReadOnlySpan<byte> encoded, out byte value)
    {
        value = 0;
        if (encoded.IsEmpty || encoded[0] is not ((byte)'%' or (byte)'+')) return false;

        var length = 1;
        if (encoded[0] == '+') value = (byte)' ';
        else if (encoded.Length >= 3 && Utf8Parser.TryParse(encoded[1..3], out value, out var digits, 'x') && digits == 2) length = 3;
        else value = (byte)'%'; // no escape: it stands for itself

        encoded = encoded[length..];
        return true;
    }
}
