using System.Text.Unicode;

namespace CaptchaCluster.Gateway.Dialects.Siteverify.Requests;

/// <summary>
/// The fields of one siteverify request as UTF-8, decoded. The values are slices of the body, or of the scratch where they were
/// escaped or came in the query: they live as long as those two do, and nothing is copied or allocated.
/// Only <c>idempotency_key</c> is known to be valid UTF-8; the others are whatever bytes the client sent.
/// </summary>
internal ref struct SiteverifyFields
{
    /// <summary>Bytes a body may have (I10). The caller enforces it while reading; longer ones would be parsed all the same.</summary>
    public const int MaxBodyLength = 16 * 1024;

    /// <summary>Characters a query may have: the server's limit on a request line.</summary>
    public const int MaxQueryLength = 8 * 1024;

    /// <summary>A scratch of this many bytes serves every request within the two limits.</summary>
    public const int MaxScratchLength = MaxBodyLength + (BytesPerQueryChar * MaxQueryLength);

    /// <summary>Unicode scalar values an <c>idempotency_key</c> may have.</summary>
    public const int MaxIdempotencyKeyLength = 128;

    // UTF-16 to UTF-8 at its worst. A query is ASCII unless the server let something else through.
    private const int BytesPerQueryChar = 3;

    private SiteverifyField present;
    private SiteverifyField named;

    public ReadOnlySpan<byte> Secret { get; private set; }

    public ReadOnlySpan<byte> Response { get; private set; }

    public ReadOnlySpan<byte> RemoteIp { get; private set; }

    public ReadOnlySpan<byte> IdempotencyKey { get; private set; }

    public ReadOnlySpan<byte> SiteKey { get; private set; }

    /// <summary>Whether the request had the field, be it empty.</summary>
    public readonly bool Has(SiteverifyField field) => (present & field) != 0;

    /// <summary>
    /// Bytes of scratch with which <see cref="Read"/> always succeeds. Every byte of the body decodes into the scratch byte at its own
    /// offset or an earlier one of the same value, as no encoding is shorter than what it stands for; the query is transcoded
    /// behind, and decoded in place.
    /// </summary>
    public static int ScratchLengthFor(int bodyLength, int queryLength) => bodyLength + (BytesPerQueryChar * queryLength);

    /// <summary>Reads the whole request: the body by its Content-Type, then the query, whose fields yield to the body's.</summary>
    /// <param name="contentType">Ignored where the body is empty: such clients put everything in the query (X3).</param>
    /// <param name="body">Not written to.</param>
    /// <param name="query">As in <c>QueryString.Value</c>, with or without its leading <c>?</c>.</param>
    /// <param name="scratch">
    /// At least <see cref="ScratchLengthFor"/>; must not overlap the body. It is the fields' memory for as long as they are used.
    /// </param>
    /// <param name="fields">Empty unless the outcome is <see cref="ParseOutcome.Parsed"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The scratch is too small: a mistake of the caller, not of the client.</exception>
    public static ParseOutcome Read(
        ContentType contentType,
        ReadOnlySpan<byte> body,
        ReadOnlySpan<char> query,
        Span<byte> scratch,
        out SiteverifyFields fields)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(scratch.Length, ScratchLengthFor(body.Length, query.Length), nameof(scratch));

        fields = default;
        var outcome = ReadBody(contentType, body, scratch[..body.Length], ref fields);
        if (outcome == ParseOutcome.Parsed && !query.IsEmpty)
            outcome = FormFields.TryParseQuery(query, scratch[body.Length..], ref fields);

        if (outcome == ParseOutcome.Parsed && !IsIdempotencyKey(fields.IdempotencyKey))
            outcome = ParseOutcome.BadRequest;

        if (outcome != ParseOutcome.Parsed) fields = default;
        return outcome;
    }

    /// <summary>From here on fields belong to the next source: they may be named again, and yield to those already there.</summary>
    internal void BeginSource() => named = SiteverifyField.None;

    /// <summary>Notes that the current source names the field; false if it did so before, which makes the request bad.</summary>
    internal bool TryName(SiteverifyField field)
    {
        if ((named & field) != 0) return false;
        named |= field;
        return true;
    }

    /// <summary>Takes the value, unless an earlier source had the field: even empty, that one wins.</summary>
    internal void Offer(SiteverifyField field, ReadOnlySpan<byte> value)
    {
        if (Has(field)) return;
        present |= field;
        switch (field)
        {
            case SiteverifyField.Secret: Secret = value; break;
            case SiteverifyField.Response: Response = value; break;
            case SiteverifyField.RemoteIp: RemoteIp = value; break;
            case SiteverifyField.IdempotencyKey: IdempotencyKey = value; break;
            case SiteverifyField.SiteKey: SiteKey = value; break;
        }
    }

    private static ParseOutcome ReadBody(
        ContentType contentType,
        ReadOnlySpan<byte> body,
        Span<byte> decoded,
        ref SiteverifyFields fields)
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
