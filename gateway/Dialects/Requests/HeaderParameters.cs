using System.Numerics;

namespace CaptchaCluster.Gateway.Dialects.Requests;

/// <summary>
/// Walks the parameters of a header, <c>; name=value; name="value"</c>, as characters (Content-Type) or bytes (a part's
/// Content-Disposition). Values are raw: a backslash protects a quote or a backslash, and stays in the value.
/// </summary>
internal ref struct HeaderParameters<T>
    where T : unmanaged, IBinaryInteger<T>
{
    // Converted once: until the converting code is optimised, each conversion boxes.
    private static readonly T Semicolon = T.CreateTruncating(';');
    private static readonly T EqualsSign = T.CreateTruncating('=');
    private static readonly T Quote = T.CreateTruncating('"');
    private static readonly T Backslash = T.CreateTruncating('\\');
    private static readonly T Space = T.CreateTruncating(' ');
    private static readonly T Tab = T.CreateTruncating('\t');

    private ReadOnlySpan<T> rest;

    /// <param name="header">The whole value of the header.</param>
    public HeaderParameters(ReadOnlySpan<T> header)
    {
        var end = header.IndexOf(Semicolon);
        Main = Trim(end < 0 ? header : header[..end]);
        rest = end < 0 ? default : header[end..];
    }

    /// <summary>What stands before the first semicolon.</summary>
    public ReadOnlySpan<T> Main { get; }

    public ReadOnlySpan<T> Name { get; private set; }

    public ReadOnlySpan<T> Value { get; private set; }

    /// <summary>Set when the walk ended early: a quote not closed, a name without value, or text behind a closing quote.</summary>
    public bool Malformed { get; private set; }

    public bool MoveNext()
    {
        while (true)
        {
            rest = Trim(rest);
            if (rest.IsEmpty) return false;
            // Here rest starts at a semicolon. Empty parameters are allowed (RFC 9110 §5.6.6), a trailing semicolon is common.
            rest = Trim(rest[1..]);
            if (rest.IsEmpty) return false;
            if (rest[0] == Semicolon) continue;

            var equals = rest.IndexOfAny(EqualsSign, Semicolon);
            if (equals < 0 || rest[equals] != EqualsSign) return Stop();
            Name = Trim(rest[..equals]);
            rest = Trim(rest[(equals + 1)..]);
            return !rest.IsEmpty && rest[0] == Quote ? TakeQuoted() : TakeToken();
        }
    }

    private bool TakeToken()
    {
        var end = rest.IndexOf(Semicolon);
        if (end < 0) end = rest.Length;
        Value = Trim(rest[..end]);
        rest = rest[end..];
        return true;
    }

    private bool TakeQuoted()
    {
        var end = 1;
        while (end < rest.Length && rest[end] != Quote)
        {
            // Before anything else a backslash is itself: old browsers put file names in unescaped.
            var escapes = rest[end] == Backslash && end + 1 < rest.Length && (rest[end + 1] == Quote || rest[end + 1] == Backslash);
            end += escapes ? 2 : 1;
        }

        if (end >= rest.Length) return Stop();
        Value = rest[1..end];
        rest = Trim(rest[(end + 1)..]);
        return rest.IsEmpty || rest[0] == Semicolon || Stop();
    }

    private bool Stop()
    {
        Malformed = true;
        rest = default;
        return false;
    }

    private static ReadOnlySpan<T> Trim(ReadOnlySpan<T> text)
    {
        var first = text.IndexOfAnyExcept(Space, Tab);
        return first < 0 ? default : text[first..(text.LastIndexOfAnyExcept(Space, Tab) + 1)];
    }
}
