using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CaptchaCluster.Sites;

/// <summary>The public name of a site: <c>cpt_pub_</c> and 32 lower-case hexadecimal digits (128 random bits). One spelling only.</summary>
public readonly record struct SiteKey(ulong High, ulong Low) : ISpanFormattable
{
    /// <summary>Bytes on disk and on the wire, big-endian.</summary>
    public const int Size = 16;

    internal const int DigitCount = 32;

    /// <summary>Characters of the text form.</summary>
    public const int TextLength = 8 + DigitCount;

    private static ReadOnlySpan<byte> Prefix => "cpt_pub_"u8;

    private static readonly SearchValues<byte> Digits = SearchValues.Create("0123456789abcdef"u8);

    public static SiteKey New()
    {
        Span<byte> bytes = stackalloc byte[Size];
        RandomNumberGenerator.Fill(bytes);
        return Read(bytes);
    }

    public static SiteKey Read(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(source), BinaryPrimitives.ReadUInt64BigEndian(source[8..]));

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Low);
    }

    public static bool TryParse(ReadOnlySpan<byte> text, out SiteKey key)
    {
        key = default;
        return text.Length == TextLength && text.StartsWith(Prefix) && TryParseDigits(text[Prefix.Length..], out key);
    }

    public static bool TryParse(string? text, out SiteKey key)
    {
        key = default;
        if (text is not { Length: TextLength }) return false;
        Span<byte> bytes = stackalloc byte[TextLength];
        return Encoding.ASCII.TryGetBytes(text, bytes, out int written) && TryParse(bytes[..written], out key);
    }

    internal static bool TryParseDigits(ReadOnlySpan<byte> digits, out SiteKey key)
    {
        key = default;
        if (digits.Length != DigitCount || digits.ContainsAnyExcept(Digits)) return false;
        if (!ulong.TryParse(digits[..16], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong high)) return false;
        if (!ulong.TryParse(digits[16..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong low)) return false;
        key = new SiteKey(high, low);
        return true;
    }

    internal string Digits32() => $"{High:x16}{Low:x16}";

    public override string ToString() => $"cpt_pub_{High:x16}{Low:x16}";

    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        destination.TryWrite($"cpt_pub_{High:x16}{Low:x16}", out charsWritten);
}
