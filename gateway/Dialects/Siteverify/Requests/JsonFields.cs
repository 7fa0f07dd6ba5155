using System.Text.Json;
using System.Text.Unicode;

namespace CaptchaCluster.Gateway.Dialects.Siteverify.Requests;

/// <summary>
/// One JSON object (RFC 8259) whose known members are strings. <c>null</c> is as good as absent, so the query may still supply the
/// field; but a member named twice is refused even then, as parsers disagree about which one counts.
/// </summary>
internal static class JsonFields
{
    private const int MaxEscapedNameLength = 6 * FieldNames.MaxLength;

    // Depth 64, no comments, no trailing commas, one value: the reader's defaults, stated because they are the contract.
    private static readonly JsonReaderOptions Strict = new()
    {
        MaxDepth = 64,
        CommentHandling = JsonCommentHandling.Disallow,
        AllowTrailingCommas = false,
        AllowMultipleValues = false,
    };

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <param name="body">The document, with or without a byte order mark.</param>
    /// <param name="decoded">As long as the body. A value with escapes is decoded at its own offset.</param>
    /// <param name="fields">Receives the fields as one source.</param>
    public static ParseOutcome TryParse(ReadOnlySpan<byte> body, Span<byte> decoded, ref SiteverifyFields fields)
    {
        fields.BeginSource();
        // The reader does not check the inside of strings, of those it skips least of all.
        if (!Utf8.IsValid(body)) return ParseOutcome.BadRequest;
        if (body.StartsWith(ByteOrderMark))
        {
            body = body[ByteOrderMark.Length..];
            decoded = decoded[ByteOrderMark.Length..];
        }

        try
        {
            return ReadObject(body, decoded, ref fields);
        }
        catch (JsonException)
        {
            // The reader has no other way to say so.
            return ParseOutcome.BadRequest;
        }
    }

    private static ParseOutcome ReadObject(ReadOnlySpan<byte> body, Span<byte> decoded, ref SiteverifyFields fields)
    {
        var reader = new Utf8JsonReader(body, Strict);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return ParseOutcome.BadRequest;

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = Find(ref reader);
            if (field == SiteverifyField.None)
            {
                reader.Skip();
                continue;
            }

            if (!fields.TryName(field) || !reader.Read()) return ParseOutcome.BadRequest;
            if (reader.TokenType == JsonTokenType.Null) continue;
            if (reader.TokenType != JsonTokenType.String) return ParseOutcome.BadRequest;

            var value = reader.ValueSpan;
            if (reader.ValueIsEscaped)
            {
                const int openingQuote = 1;
                var target = decoded.Slice((int)reader.TokenStartIndex + openingQuote, value.Length);
                if (!JsonEscapes.TryDecode(value, target, out var length)) return ParseOutcome.BadRequest;
                value = target[..length];
            }

            fields.Offer(field, value);
        }

        // Only the end of the input may follow; anything else makes the reader throw.
        return reader.Read() ? ParseOutcome.BadRequest : ParseOutcome.Parsed;
    }

    private static SiteverifyField Find(ref Utf8JsonReader reader)
    {
        var name = reader.ValueSpan;
        if (!reader.ValueIsEscaped) return FieldNames.Find(name);
        if (name.Length > MaxEscapedNameLength) return SiteverifyField.None;
        Span<byte> decoded = stackalloc byte[MaxEscapedNameLength];
        return JsonEscapes.TryDecode(name, decoded, out var length) ? FieldNames.Find(decoded[..length]) : SiteverifyField.None;
    }
}
