using System.Buffers;
using System.Text;

namespace CaptchaCluster.Gateway.Dialects.Requests;

/// <summary>
/// <c>multipart/form-data</c> (RFC 7578 over RFC 2046), as FormData objects send it (X2). Values are raw bytes and thus slices of
/// the body; a part with a file name is a field like any other. What two parsers might read differently is refused: a delimiter
/// followed by other text, a part without a name or with two, folded headers, half a line break in them.
/// </summary>
internal static class MultipartFields
{
    private const int MaxDelimiterLength = 4 + 70;

    /// <param name="body">The body.</param>
    /// <param name="boundary">From <see cref="ContentType.Boundary"/>; empty means there was none.</param>
    /// <param name="fields">Receives the fields as one source.</param>
    public static ParseOutcome TryParse(ReadOnlySpan<byte> body, ReadOnlySpan<char> boundary, ref RequestFields fields)
    {
        fields.BeginSource();
        Span<byte> buffer = stackalloc byte[MaxDelimiterLength];
        var delimiter = Delimiter(boundary, buffer);
        if (delimiter.IsEmpty) return ParseOutcome.BadRequest;

        // The line break belongs to the delimiter; only the first one of a body may lack it.
        var withoutBreak = delimiter[2..];
        var rest = body.StartsWith(withoutBreak) ? body[withoutBreak.Length..] : After(body, delimiter, out _);
        while (!rest.StartsWith("--"u8))
        {
            rest = rest.TrimStart(" \t"u8);
            if (!rest.StartsWith("\r\n"u8)) return ParseOutcome.BadRequest;
            var next = After(rest, delimiter, out var part);
            // No further delimiter; or it shares its line break with this one, which leaves no room for a part.
            if (part.Length < 2 || !TryAddPart(part[2..], ref fields)) return ParseOutcome.BadRequest;
            rest = next;
        }

        // The closing delimiter; the rest is epilogue.
        return ParseOutcome.Parsed;
    }

    private static ReadOnlySpan<byte> Delimiter(ReadOnlySpan<char> boundary, Span<byte> buffer)
    {
        "\r\n--"u8.CopyTo(buffer);
        var usable = !boundary.IsEmpty && Ascii.FromUtf16(boundary, buffer[4..], out _) == OperationStatus.Done;
        return usable ? buffer[..(4 + boundary.Length)] : default;
    }

    /// <summary>What follows the next delimiter, and what precedes it; both empty if there is none.</summary>
    private static ReadOnlySpan<byte> After(ReadOnlySpan<byte> text, scoped ReadOnlySpan<byte> delimiter, out ReadOnlySpan<byte> before)
    {
        var at = text.IndexOf(delimiter);
        before = at < 0 ? default : text[..at];
        return at < 0 ? default : text[(at + delimiter.Length)..];
    }

    private static bool TryAddPart(ReadOnlySpan<byte> part, ref RequestFields fields)
    {
        // Nothing at all: .NET's MultipartFormDataContent writes this when it has no parts.
        if (part.IsEmpty) return true;

        var blank = part.IndexOf("\r\n\r\n"u8);
        // Without a blank line the part is headers only: the grammar then lets the delimiter's line break end them.
        if (blank < 0 && !part.EndsWith("\r\n"u8)) return false;
        var headers = blank < 0 ? part[..^2] : part[..blank];
        var value = blank < 0 ? default : part[(blank + 4)..];

        if (!TryGetName(headers, out var name)) return false;
        var field = fields.Names.Find(name);
        if (field == RequestField.None) return true;
        if (!fields.TryName(field)) return false;
        fields.Offer(field, value);
        return true;
    }

    private static bool TryGetName(ReadOnlySpan<byte> headers, out ReadOnlySpan<byte> name)
    {
        name = default;
        var found = false;
        while (!headers.IsEmpty)
        {
            var end = headers.IndexOf("\r\n"u8);
            var line = end < 0 ? headers : headers[..end];
            headers = end < 0 ? default : headers[(end + 2)..];

            var colon = line.IndexOf((byte)':');
            if (colon <= 0 || line[0] is (byte)' ' or (byte)'\t' || line.ContainsAny("\r\n\0"u8)) return false;
            if (!Ascii.EqualsIgnoreCase(line[..colon].TrimEnd(" \t"u8), "content-disposition"u8)) continue;
            if (found || !TryReadDisposition(line[(colon + 1)..], out name)) return false;
            found = true;
        }

        return found;
    }

    // The name is compared as it stands. Browsers write %22, %0D and %0A for a quote and line breaks, others a backslash before a
    // quote: no field of ours contains any of these, so a name with escapes is an unknown one.
    private static bool TryReadDisposition(ReadOnlySpan<byte> header, out ReadOnlySpan<byte> name)
    {
        name = default;
        var found = false;
        var parameters = new HeaderParameters<byte>(header);
        if (!Ascii.EqualsIgnoreCase(parameters.Main, "form-data"u8)) return false;
        while (parameters.MoveNext())
        {
            if (!Ascii.EqualsIgnoreCase(parameters.Name, "name"u8)) continue;
            if (found) return false;
            name = parameters.Value;
            found = true;
        }

        return found && !parameters.Malformed;
    }
}
