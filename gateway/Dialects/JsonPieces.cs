using System.Globalization;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Gateway.Dialects;

/// <summary>Puts an answer together from UTF-8 pieces, in memory that it does not own. What comes from a token is JSON already: <see cref="PassToken"/>.</summary>
internal ref struct JsonPieces(Span<byte> destination)
{
    /// <summary>Bytes an answer may have: all that a token can hold, and what is put around it.</summary>
    public const int MaxLength = TokenLimits.MaxTokenLength + 512;

    private readonly Span<byte> destination = destination;

    public int Length { get; private set; }

    public void Add(ReadOnlySpan<byte> piece)
    {
        piece.CopyTo(destination[Length..]);
        Length += piece.Length;
    }

    public void AddText(ReadOnlySpan<byte> before, ReadOnlySpan<byte> text)
    {
        Add(before);
        Add(text);
    }

    public void Add(UnixSeconds time)
    {
        time.ToDateTimeOffset().UtcDateTime.TryFormat(destination[Length..], out int written, "s", CultureInfo.InvariantCulture);
        Length += written;
        Add("Z"u8);
    }

    public void Add(TokenId id)
    {
        id.WriteText(destination[Length..]);
        Length += TokenId.TextLength;
    }

    /// <summary>All its digits, without exponent or trailing zeros.</summary>
    public void AddNumber(decimal number)
    {
        number.TryFormat(destination[Length..], out int written, "0.############################", CultureInfo.InvariantCulture);
        Length += written;
    }
}
