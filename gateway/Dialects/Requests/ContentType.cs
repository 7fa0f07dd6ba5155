using System.Buffers;
using System.Text;

namespace CaptchaCluster.Gateway.Dialects.Requests;

/// <summary>The encodings of a body that the verification endpoints tell apart (X2).</summary>
internal enum MediaKind : byte
{
    /// <summary>No Content-Type.</summary>
    None,
    Form,

    /// <summary><c>application/json</c> and <c>application/…+json</c>.</summary>
    Json,
    Multipart,
    Unsupported,
}

/// <summary>A Content-Type header as far as it matters here. A view of the header: nothing is copied.</summary>
internal readonly ref struct ContentType
{
    private const int MaxBoundaryLength = 70;

    // Printable ASCII. RFC 2046 allows fewer, but samples with "*****" are in use; a quote or a backslash would need unescaping.
    private static readonly SearchValues<char> BoundaryCharacters = SearchValues.Create(
        " !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    private ContentType(MediaKind kind, ReadOnlySpan<char> boundary)
    {
        Kind = kind;
        Boundary = boundary;
    }

    public MediaKind Kind { get; }

    /// <summary>The delimiter of a multipart body, 1–70 printable ASCII characters; empty if the header has no usable one.</summary>
    public ReadOnlySpan<char> Boundary { get; }

    /// <summary>Classifies a header. Of its parameters only a boundary matters: a charset is UTF-8 or wrong.</summary>
    public static ContentType Of(ReadOnlySpan<char> header)
    {
        var parameters = new HeaderParameters<char>(header);
        var kind = KindOf(parameters.Main);
        if (kind == MediaKind.None && !header.Trim().IsEmpty) kind = MediaKind.Unsupported;
        return new ContentType(kind, kind == MediaKind.Multipart ? BoundaryIn(parameters) : default);
    }

    private static MediaKind KindOf(ReadOnlySpan<char> type)
    {
        const string application = "application/", json = "+json";
        if (type.IsEmpty) return MediaKind.None;
        if (Is(type, "application/x-www-form-urlencoded")) return MediaKind.Form;
        if (Is(type, "application/json")) return MediaKind.Json;
        if (Is(type, "multipart/form-data")) return MediaKind.Multipart;

        var suffixed = type.Length > application.Length + json.Length
            && Is(type[..application.Length], application)
            && Is(type[^json.Length..], json)
            && !type[application.Length..].ContainsAny(" \t,/");
        return suffixed ? MediaKind.Json : MediaKind.Unsupported;
    }

    private static ReadOnlySpan<char> BoundaryIn(HeaderParameters<char> parameters)
    {
        ReadOnlySpan<char> boundary = default;
        var found = false;
        while (parameters.MoveNext())
        {
            if (!Is(parameters.Name, "boundary")) continue;
            // Two of them: whoever looked at the request before us may have followed the other one.
            if (found) return default;
            boundary = parameters.Value;
            found = true;
        }

        return !parameters.Malformed && IsBoundary(boundary) ? boundary : default;
    }

    private static bool IsBoundary(ReadOnlySpan<char> boundary) =>
        boundary.Length is > 0 and <= MaxBoundaryLength && !boundary.ContainsAnyExcept(BoundaryCharacters) && boundary[^1] != ' ';

    private static bool Is(ReadOnlySpan<char> text, ReadOnlySpan<char> known) => Ascii.EqualsIgnoreCase(text, known);
}
