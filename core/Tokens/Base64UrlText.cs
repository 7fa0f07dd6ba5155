using System.Buffers;
using System.Buffers.Text;

namespace CaptchaCluster.Tokens;

/// <summary>Strict unpadded base64url (RFC 4648 §5): one text per byte string.</summary>
internal static class Base64UrlText
{
    private static readonly SearchValues<byte> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    /// <summary>
    /// Decodes <paramref name="text"/>; returns the number of bytes, or -1 where it is not the canonical text of any bytes.
    /// The BCL's decoder accepts white space and padding, and what it does with stray trailing bits is not documented: either
    /// would give a token many spellings.
    /// </summary>
    public static int Decode(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        int remainder = text.Length & 3;
        if (remainder == 1 || text.ContainsAnyExcept(Alphabet)) return -1;
        if (remainder != 0)
        {
            int unused = remainder == 2 ? 0b1111 : 0b11;
            if ((Value(text[^1]) & unused) != 0) return -1;
        }

        OperationStatus status = Base64Url.DecodeFromUtf8(text, destination, out int consumed, out int written);
        return status == OperationStatus.Done && consumed == text.Length ? written : -1;
    }

    private static int Value(byte character) => character switch
    {
        >= (byte)'A' and <= (byte)'Z' => character - 'A',
        >= (byte)'a' and <= (byte)'z' => character - 'a' + 26,
        >= (byte)'0' and <= (byte)'9' => character - '0' + 52,
        (byte)'-' => 62,
        _ => 63,
    };
}
