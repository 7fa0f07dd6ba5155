namespace CaptchaCluster.Bench.Redis;

/// <summary>Commands that go out in one write.</summary>
internal sealed class CommandBuffer
{
    private byte[] bytes = new byte[16 * 1024];
    private int length;

    public bool IsEmpty => length == 0;

    public ReadOnlyMemory<byte> Bytes => bytes.AsMemory(0, length);

    public void Append(ReadOnlySpan<byte> piece)
    {
        if (bytes.Length - length < piece.Length) Array.Resize(ref bytes, bytes.Length * 2);
        piece.CopyTo(bytes.AsSpan(length));
        length += piece.Length;
    }

    public void Clear() => length = 0;
}
