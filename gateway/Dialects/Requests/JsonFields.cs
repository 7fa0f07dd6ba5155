using System.Text.Json;
using System.Text.Unicode;

namespace CaptchaCluster.Gateway.Dialects.Requests;

/// <summary>
/// One JSON object (RFC 8259), or one within it, whose known members are strings. <c>null</c> is as good as absent, so the query may still supply the
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
    public static ParseOutcome TryParse(ReadOnlySpan<byte> body, Span<byte> decoded, ref RequestFields fields)
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
            return ReadDocument(body, decoded, ref fields);
        }
        catch (JsonException)
        {
            // The reader has no other way to say so.
            return ParseOutcome.BadRequest;
        }
    }

    private static ParseOutcome ReadDocument(ReadOnlySpan<byte> body, Span<byte> decoded, ref RequestFields fields)
    {
        var reader = new Utf8JsonReader(body, Strict);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return ParseOutcome.BadRequest;
        var understood = fields.Names.Container is { } container
            ? TryReadContainer(ref reader, container, decoded, ref fields)
            : TryReadMembers(ref reader, decoded, ref fields);

        // Only the end of the input may follow; anything else makes the reader throw.
        return !understood || reader.Read() ? ParseOutcome.BadRequest : ParseOutcome.Parsed;
    }

    private static bool TryReadContainer(ref Utf8JsonReader reader, string container, Span<byte> decoded, ref RequestFields fields)
    {
        var found = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!reader.ValueTextEquals(container))
            {
                reader.Skip();
                continue;
            }

            if (found || !reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            if (!TryReadMembers(ref reader, decoded, ref fields)) return false;
            found = true;
        }

        return true;
    }

    /// <summary>From the brace that opens an object to the one that closes it.</summary>
    private static bool TryReadMembers(ref Utf8JsonReader reader, Span<byte> decoded, ref RequestFields fields)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = Find(ref reader, fields.Names);
            if (field == RequestField.None)
            {
                reader.Skip();
                continue;
            }

            if (!fields.TryName(field) || !reader.Read()) return false;
            if (reader.TokenType == JsonTokenType.Null) continue;
            if (reader.TokenType != JsonTokenType.String && !IsTruthValue(field, reader.TokenType)) return false;

            var value = reader.ValueSpan;
            if (reader.ValueIsEscaped)
            {
                const int openingQuote = 1;
                var target = decoded.Slice((int)reader.TokenStartIndex + openingQuote, value.Length);
                if (!JsonEscapes.TryDecode(value, target, out var length)) return false;
                value = target[..length];
            }

            fields.Offer(field, value);
        }

        return true;
    }

    private static bool IsTruthValue(RequestField field, JsonTokenType type) =>
        field == RequestField.Peek && type is JsonTokenType.True or JsonTokenType.False or JsonTokenType.Number;

    private static RequestField Find(ref Utf8JsonReader reader, FieldNames names)
    {
        var name = reader.ValueSpan;
        if (!reader.ValueIsEscaped) return names.Find(name);
        if (name.Length > MaxEscapedNameLength) return RequestField.None;
        Span<byte> decoded = stackalloc byte[MaxEscapedNameLength];
        return JsonEscapes.TryDecode(name, decoded, out var length) ? names.Find(decoded[..length]) : RequestField.None;
    }
}
