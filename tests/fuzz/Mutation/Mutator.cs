namespace CaptchaCluster.Tests.Fuzz.Mutation;

/// <summary>Spoils valid inputs in the ways that parsers trip over. Everything follows from the random numbers.</summary>
/// <param name="random">Chooses.</param>
/// <param name="samples">Valid inputs.</param>
/// <param name="tokens">Pieces that mean something to the parser.</param>
internal sealed class Mutator(Random random, byte[][] samples, byte[][] tokens)
{
    private const int MaxLength = 4096;

    public byte[] Next(int mostChanges = 4)
    {
        var body = Pick(samples);
        for (var left = random.Next(mostChanges + 1); left > 0; left--) body = Mutate(body);
        return body.Length <= MaxLength ? body : body[..MaxLength];
    }

    private byte[] Mutate(byte[] body)
    {
        var (start, length) = Range(body);
        var end = start + length;
        switch (random.Next(10))
        {
            case 0:
                return Changed(body, b => (byte)(b ^ (1 << random.Next(8))));
            case 1:
                return Changed(body, _ => (byte)random.Next(256));
            case 2:
                return Changed(body, b => (byte)(b ^ 0x20)); // the other case
            case 3:
                return [.. body.AsSpan(0, start), .. body.AsSpan(end)];
            case 4:
                return [.. body.AsSpan(0, end), .. body.AsSpan(start)];
            case 5:
                return body[..start];
            case 6:
                var other = Pick(samples);
                var (from, count) = Range(other);
                return [.. body.AsSpan(0, start), .. other.AsSpan(from, count), .. body.AsSpan(start)];
            case 7:
                return [.. body.AsSpan(0, start), .. Pick(tokens), .. body.AsSpan(end)];
            default:
                return [.. body.AsSpan(0, start), .. Pick(tokens), .. body.AsSpan(start)];
        }
    }

    private (int Start, int Length) Range(byte[] body)
    {
        var start = random.Next(body.Length + 1);
        return (start, Math.Min(random.Next(24), body.Length - start));
    }

    private byte[] Changed(byte[] body, Func<byte, byte> change)
    {
        if (body.Length == 0) return body;
        var copy = body.AsSpan().ToArray();
        var at = random.Next(copy.Length);
        copy[at] = change(copy[at]);
        return copy;
    }

    private byte[] Pick(byte[][] from) => from[random.Next(from.Length)];
}
