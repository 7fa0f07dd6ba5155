namespace CaptchaCluster.Tests.Load.Tokens;

/// <summary>Tokens that came together, one after the other in one block of bytes: there may be millions.</summary>
internal sealed class TokenBatch
{
    private readonly byte[] text;
    private readonly int[] ends;

    private TokenBatch(byte[] text, int[] ends, TimeSpan usableUntil)
    {
        this.text = text;
        this.ends = ends;
        UsableUntil = usableUntil;
    }

    public int Count => ends.Length;

    /// <summary>By the clock of the test: none of them has expired before, whatever the network did.</summary>
    public TimeSpan UsableUntil { get; }

    public static TokenBatch Of(IReadOnlyCollection<byte[]> tokens, TimeSpan usableUntil)
    {
        byte[] text = new byte[tokens.Sum(token => token.Length)];
        int[] ends = new int[tokens.Count];
        int at = 0;
        int number = 0;
        foreach (byte[] token in tokens)
        {
            token.CopyTo(text, at);
            at += token.Length;
            ends[number++] = at;
        }

        return new TokenBatch(text, ends, usableUntil);
    }

    public ReadOnlySpan<byte> TextOf(int index)
    {
        int start = index == 0 ? 0 : ends[index - 1];
        return text.AsSpan(start, ends[index] - start);
    }
}

/// <summary>One token of a batch.</summary>
internal readonly record struct Token(TokenBatch Batch, int Index)
{
    public ReadOnlySpan<byte> Text => Batch.TextOf(Index);

    public bool IsUsable(TimeSpan now) => now < Batch.UsableUntil;
}
