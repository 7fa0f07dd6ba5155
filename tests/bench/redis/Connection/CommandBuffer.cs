using System.Globalization;

namespace CaptchaCluster.Bench.Redis.Connection;

/// <summary>Commands that go out in one write.</summary>
internal sealed class CommandBuffer
{
    private const int MaxDigits = 20;

    private byte[] bytes = new byte[16 * 1024];
    private int length;

    public bool IsEmpty => length == 0;

    public ReadOnlyMemory<byte> Bytes => bytes.AsMemory(0, length);

    /// <summary>As it is.</summary>
    public void Append(ReadOnlySpan<byte> piece)
    {
        if (bytes.Length - length < piece.Length) Array.Resize(ref bytes, bytes.Length * 2);
        piece.CopyTo(bytes.AsSpan(length));
        length += piece.Length;
    }

    /// <summary>With its length before it, as RESP has it.</summary>
    public void AppendText(ReadOnlySpan<byte> text)
    {
        Append("$"u8);
        AppendDigits(text.Length);
        Append("\r\n"u8);
        Append(text);
        Append("\r\n"u8);
    }

    public void AppendText(long number)
    {
        Span<byte> digits = stackalloc byte[MaxDigits];
        AppendText(digits[..Format(number, digits)]);
    }

    public void Clear() => length = 0;

    private void AppendDigits(long number)
    {
        Span<byte> digits = stackalloc byte[MaxDigits];
        Append(digits[..Format(number, digits)]);
    }

    private static int Format(long number, Span<byte> digits)
    {
        number.TryFormat(digits, out int count, provider: CultureInfo.InvariantCulture);
        return count;
    }
}
