using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace CaptchaCluster.Tokens;

/// <summary>
/// The 128-bit name of one token in the ledger. Uniformly random, or the output of a keyed function: the tables of the
/// ledger hash by its bits as they are. An id determines its token's expiry.
/// </summary>
public readonly record struct TokenId(ulong High, ulong Low)
{
    /// <summary>Bytes on disk and on the wire, big-endian.</summary>
    public const int Size = 16;

    /// <summary>Characters of the text form, unpadded base64url.</summary>
    public const int TextLength = 22;

    public static TokenId New()
    {
        Span<byte> bytes = stackalloc byte[Size];
        RandomNumberGenerator.Fill(bytes);
        return Read(bytes);
    }

    /// <summary>
    /// The id of something that is named by what it is: SHA-256 of label and content, cut to 128 bits. Nobody can find content
    /// whose id is that of a given token, nor of content under another label. Without a key: a ring that is rotated must
    /// not make the ledger forget.
    /// </summary>
    /// <param name="label">What kind of thing it is: ASCII, without zero bytes.</param>
    /// <param name="content">Of one meaning only: parts of variable length come with their lengths.</param>
    public static TokenId Derive(ReadOnlySpan<byte> label, ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData([.. "CaptchaCluster "u8, .. label, 0, .. content], hash);
        return Read(hash);
    }

    public static TokenId Read(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(source), BinaryPrimitives.ReadUInt64BigEndian(source[8..]));

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Low);
    }

    public static bool TryParse(ReadOnlySpan<byte> text, out TokenId id)
    {
        id = default;
        Span<byte> bytes = stackalloc byte[Size];
        if (text.Length != TextLength || Base64UrlText.Decode(text, bytes) != Size) return false;
        id = Read(bytes);
        return true;
    }

    /// <summary>Writes <see cref="TextLength"/> characters.</summary>
    public void WriteText(Span<byte> destination)
    {
        Span<byte> bytes = stackalloc byte[Size];
        Write(bytes);
        Base64Url.EncodeToUtf8(bytes, destination);
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        Write(bytes);
        return Base64Url.EncodeToString(bytes);
    }
}
