using System.Text;
using System.Text.Unicode;

namespace CaptchaCluster.Gateway.Dialects.Requests;

/// <summary>
/// The fields of one verification request as UTF-8, decoded. The values are slices of the body, or of the scratch where they were
/// escaped or came in the query: they live as long as those two do, and nothing is copied or allocated.
/// Only the idempotency key is known to be valid UTF-8; the others are whatever bytes the client sent.
/// </summary>
internal ref struct RequestFields
{
    /// <summary>Bytes a body may have (I10). The caller enforces it while reading; longer ones would be parsed all the same.</summary>
    public const int MaxBodyLength = 16 * 1024;

    /// <summary>Characters a query may have: the server's limit on a request line.</summary>
    public const int MaxQueryLength = 8 * 1024;

    /// <summary>A scratch of this many bytes serves every request within the two limits.</summary>
    public const int MaxScratchLength = MaxBodyLength + (BytesPerChar * MaxQueryLength);

    /// <summary>Unicode scalar values an idempotency key may have.</summary>
    public const int MaxIdempotencyKeyLength = 128;

    /// <summary>UTF-16 to UTF-8 at its worst. A query is ASCII unless the server let something else through.</summary>
    public const int BytesPerChar = 3;

    private ReadOnlySpan<byte> peek;
    private RequestField present;
    private RequestField named;

    public ReadOnlySpan<byte> Secret { get; private set; }

    public ReadOnlySpan<byte> Token { get; private set; }

    public ReadOnlySpan<byte> RemoteIp { get; private set; }

    public ReadOnlySpan<byte> IdempotencyKey { get; private set; }

    public ReadOnlySpan<byte> SiteKey { get; private set; }

    public ReadOnlySpan<byte> Action { get; private set; }

    public ReadOnlySpan<byte> Uid { get; private set; }

    public bool IsPeek { get; private set; }

    /// <summary>What the fields are called.</summary>
    internal FieldNames Names { get; private init; }

    /// <summary>Whether the request had the field, be it empty.</summary>
    public readonly bool Has(RequestField field) => (present & field) != 0;

    /// <summary>
    /// Bytes of scratch with which <see cref="Read"/> always succeeds. Every byte of the body decodes into the scratch byte at its own
    /// offset or an earlier one of the same value, as no encoding is shorter than what it stands for; the query is transcoded
    /// behind, and decoded in place.
    /// </summary>
    public static int ScratchLengthFor(int bodyLength, int queryLength) => bodyLength + (BytesPerChar * queryLength);

    /// <summary>Reads the whole request: the body by its Content-Type, then the query, whose fields yield to the body's.</summary>
    /// <param name="names">What the fields are called in the request's dialect.</param>
    /// <param name="contentType">Ignored where the body is empty: such clients put everything in the query (X3).</param>
    /// <param name="body">Not written to.</param>
    /// <param name="query">As in <c>QueryString.Value</c>, with or without its leading <c>?</c>.</param>
    /// <param name="scratch">
    /// At least <see cref="ScratchLengthFor"/>; must not overlap the body. It is the fields' memory for as long as they are used.
    /// </param>
    /// <param name="fields">Empty unless the outcome is <see cref="ParseOutcome.Parsed"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The scratch is too small: a mistake of the caller, not of the client.</exception>
    public static ParseOutcome Read(
        FieldNames names,
        ContentType contentType,
        ReadOnlySpan<byte> body,
        ReadOnlySpan<char> query,
        Span<byte> scratch,
        out RequestFields fields)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(scratch.Length, ScratchLengthFor(body.Length, query.Length), nameof(scratch));

        fields = new RequestFields { Names = names };
        var outcome = ReadBody(contentType, body, scratch[..body.Length], ref fields);
        if (outcome == ParseOutcome.Parsed && !query.IsEmpty)
            outcome = FormFields.TryParseQuery(query, scratch[body.Length..], ref fields);

        if (outcome == ParseOutcome.Parsed && !(IsIdempotencyKey(fields.IdempotencyKey) && fields.TryReadPeek()))
            outcome = ParseOutcome.BadRequest;

        if (outcome != ParseOutcome.Parsed) fields = default;
        return outcome;
    }

    /// <summary>From here on fields belong to the next source: they may be named again, and yield to those already there.</summary>
    internal void BeginSource() => named = RequestField.None;

    /// <summary>Notes that the current source names the field; false if it did so before, which makes the request bad.</summary>
    internal bool TryName(RequestField field)
    {
        if ((named & field) != 0) return false;
        named |= field;
        return true;
    }

    /// <summary>Takes the value, unless an earlier source had the field: even empty, that one wins.</summary>
    internal void Offer(RequestField field, ReadOnlySpan<byte> value)
    {
        if (Has(field)) return;
        present |= field;
        switch (field)
        {
            case RequestField.Secret: Secret = value; break;
            case RequestField.Token: Token = value; break;
            case RequestField.RemoteIp: RemoteIp = value; break;
            case RequestField.IdempotencyKey: IdempotencyKey = value; break;
            case RequestField.SiteKey: SiteKey = value; break;
            case RequestField.Action: Action = value; break;
            case RequestField.Uid: Uid = value; break;
            case RequestField.Peek: peek = value; break;
        }
    }

    private static ParseOutcome ReadBody(
        ContentType contentType,
        ReadOnlySpan<byte> body,
        Span<byte> decoded,
        ref RequestFields fields)
    {
        if (body.IsEmpty) return ParseOutcome.Parsed;
        return contentType.Kind switch
        {
            MediaKind.Form => FormFields.TryParse(body, decoded, ref fields),
            MediaKind.Json => JsonFields.TryParse(body, decoded, ref fields),
            MediaKind.Multipart => MultipartFields.TryParse(body, contentType.Boundary, ref fields),
            _ => ParseOutcome.UnsupportedMediaType,
        };
    }

    // What cannot be read must not count as a no: the token would be spent.
    private bool TryReadPeek()
    {
        IsPeek = Ascii.EqualsIgnoreCase(peek, "true"u8) || peek.SequenceEqual("1"u8);
        return IsPeek || peek.IsEmpty || Ascii.EqualsIgnoreCase(peek, "false"u8) || peek.SequenceEqual("0"u8);
    }

    private static bool IsIdempotencyKey(ReadOnlySpan<byte> key)
    {
        const int mostBytesPerScalar = 4;
        if (key.Length > mostBytesPerScalar * MaxIdempotencyKeyLength || !Utf8.IsValid(key)) return false;
        if (key.Length <= MaxIdempotencyKeyLength) return true;

        var scalars = 0;
        foreach (var b in key)
        {
            var continues = (b & 0b1100_0000) == 0b1000_0000;
            if (!continues) scalars++;
        }

        return scalars <= MaxIdempotencyKeyLength;
    }
}
