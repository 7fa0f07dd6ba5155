using System.Buffers.Text;
using System.Text;

namespace CaptchaCluster.Tests.Load.Http;

/// <summary>How far a response has come.</summary>
internal enum ResponseState
{
    /// <summary>More bytes are needed.</summary>
    Incomplete,

    Complete,

    /// <summary>Not a response this client can read; <see cref="Response.Problem"/> says why.</summary>
    Unreadable,
}

/// <summary>What was read of one response.</summary>
/// <param name="State">The other members are valid once it is complete.</param>
/// <param name="Status">100…999.</param>
/// <param name="BodyStart">Offset of the body among the bytes that came.</param>
/// <param name="Length">Bytes of the whole response.</param>
/// <param name="Closes">The server ends the connection after it.</param>
/// <param name="Problem">Why it is unreadable.</param>
internal readonly record struct Response(
    ResponseState State, int Status = 0, int BodyStart = 0, int Length = 0, bool Closes = false, string? Problem = null);

/// <summary>
/// Reads just enough of an HTTP/1.1 response: status, length, whether the connection stays. Bodies of a stated length only.
/// </summary>
internal static class ResponseReader
{
    private const int StatusLineStart = 12; // "HTTP/1.1 200"

    /// <summary>To be called with all that has come so far, from the first byte of the response.</summary>
    public static Response Read(ReadOnlySpan<byte> bytes)
    {
        int headLength = bytes.IndexOf("\r\n\r\n"u8);
        if (headLength < 0) return StartsAsHttp(bytes) ? default : Unreadable("it is not HTTP/1.1");
        ReadOnlySpan<byte> head = bytes[..headLength];
        if (!StartsAsHttp(head) || head.Length < StatusLineStart || !TryReadStatus(head, out int status))
            return Unreadable("it is not HTTP/1.1");

        int bodyStart = headLength + 4;
        int bodyLength = -1;
        bool closes = false;
        int line = head.IndexOf("\r\n"u8);
        while (line >= 0)
        {
            head = head[(line + 2)..];
            line = head.IndexOf("\r\n"u8);
            ReadOnlySpan<byte> header = line >= 0 ? head[..line] : head;
            if (IsNamed(header, "content-length:"u8, out ReadOnlySpan<byte> value))
            {
                if (!Utf8Parser.TryParse(value, out bodyLength, out int read) || read != value.Length || bodyLength < 0)
                    return Unreadable("its Content-Length is not a number");
            }
            else if (IsNamed(header, "connection:"u8, out value))
            {
                closes = Ascii.EqualsIgnoreCase(value, "close"u8);
            }
        }

        if (bodyLength < 0) return Unreadable("it has no Content-Length");
        int length = bodyStart + bodyLength;
        return bytes.Length < length ? default : new Response(ResponseState.Complete, status, bodyStart, length, closes);
    }

    private static bool StartsAsHttp(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> start = "HTTP/1.1 "u8;
        int length = Math.Min(bytes.Length, start.Length);
        return bytes[..length].SequenceEqual(start[..length]);
    }

    private static bool TryReadStatus(ReadOnlySpan<byte> head, out int status) =>
        Utf8Parser.TryParse(head[9..StatusLineStart], out status, out int read) && read == 3 && status >= 100;

    private static bool IsNamed(ReadOnlySpan<byte> header, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (header.Length < name.Length || !Ascii.EqualsIgnoreCase(header[..name.Length], name)) return false;
        value = header[name.Length..].Trim(" \t"u8);
        return true;
    }

    private static Response Unreadable(string problem) => new(ResponseState.Unreadable, Problem: problem);
}
