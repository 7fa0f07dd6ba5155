using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Unit.Tokens;

/// <summary>
/// A million spoiled inputs: none throws, and none but the genuine spelling is taken. The seed of a failing case is in the message; put it in
/// TOKENS_SEED to begin there.
/// </summary>
[Trait("Invariant", "I12")]
public sealed class TokenFuzzTests
{
    private const int Block = 1_000;

    private static readonly int FirstSeed =
        int.TryParse(Environment.GetEnvironmentVariable("TOKENS_SEED"), CultureInfo.InvariantCulture, out int seed) ? seed : 20_261_207;

    [Fact]
    public void No_spoiled_token_is_taken_and_none_throws()
    {
        TokenCodec codec = TokenSamples.Codec();
        byte[][] genuine = [.. Enumerable.Range(0, 40).Select(i => Encoding.ASCII.GetBytes(TokenSamples.Mint(codec, TokenSamples.Claims(new Random(i)))))];
        HashSet<string> known = [.. genuine.Select(Convert.ToHexString)];
        int taken = 0;
        Run(800, (random, _) =>
        {
            byte[] input = Spoil(random, genuine);
            if (codec.Read(input) is null) return null;
            Interlocked.Increment(ref taken);
            return known.Contains(Convert.ToHexString(input)) ? null : $"took {Convert.ToHexString(input)}";
        });
        Assert.InRange(taken, 1, 800 * Block / 4); // some are left whole, which shows that the codec was at work
    }

    [Fact]
    public void Ids_are_read_from_one_spelling_only() => Run(200, (random, bytes) =>
    {
        byte[] input = Nearly(random, bytes, Encoding.ASCII.GetBytes(TokenSamples.Id(random).ToString()));
        return TokenId.TryParse(input, out TokenId id) && !Encoding.ASCII.GetBytes(id.ToString()).AsSpan().SequenceEqual(input)
            ? $"took {Convert.ToHexString(input)}"
            : null;
    });

    [Fact]
    public void Sitekeys_are_read_from_one_spelling_only() => Run(200, (random, bytes) =>
    {
        byte[] input = Nearly(random, bytes, Encoding.ASCII.GetBytes(TokenSamples.Site(random).ToString()));
        string text = Encoding.Latin1.GetString(input);
        bool fromBytes = SiteKey.TryParse(input, out SiteKey first);
        bool fromText = SiteKey.TryParse(text, out SiteKey second);
        if (fromBytes != fromText || first != second) return $"two readings of {Convert.ToHexString(input)}";
        return fromBytes && first.ToString() != text ? $"took {Convert.ToHexString(input)}" : null;
    });

    [Fact]
    public void What_is_written_is_read()
    {
        Random random = new(FirstSeed);
        for (int i = 0; i < 1000; i++)
        {
            (TokenId id, SiteKey site) = (TokenSamples.Id(random), TokenSamples.Site(random));
            Assert.True(TokenId.TryParse(Encoding.ASCII.GetBytes(id.ToString()), out TokenId readId) && readId == id, $"seed {FirstSeed}: {id}");
            Assert.True(SiteKey.TryParse(site.ToString(), out SiteKey readSite) && readSite == site, $"seed {FirstSeed}: {site}");
            byte[] bytes = new byte[16];
            id.Write(bytes);
            Assert.Equal(id, TokenId.Read(bytes));
            site.Write(bytes);
            Assert.Equal(site, SiteKey.Read(bytes));
        }

        Assert.NotEqual(TokenId.New(), TokenId.New());
        Assert.NotEqual(SiteKey.New(), SiteKey.New());
    }

    private static byte[] Spoil(Random random, byte[][] genuine)
    {
        byte[] token = genuine[random.Next(genuine.Length)];
        if (random.Next(10) == 0) return token;
        bool inside = random.Next(2) == 0;
        byte[] bytes = inside ? Base64Url.DecodeFromUtf8(token) : [.. token];
        for (int left = random.Next(1, 4); left > 0; left--) bytes = Change(random, bytes, genuine[random.Next(genuine.Length)], inside);
        return inside ? Base64Url.EncodeToUtf8(bytes) : bytes;
    }

    private static byte[] Change(Random random, byte[] bytes, byte[] other, bool inside)
    {
        if (inside) other = Base64Url.DecodeFromUtf8(other);
        int start = random.Next(bytes.Length + 1);
        int end = Math.Min(bytes.Length, start + random.Next(60));
        int from = random.Next(other.Length);
        Span<byte> piece = other.AsSpan(from, Math.Min(other.Length - from, random.Next(80)));
        switch (random.Next(7))
        {
            case 0:
                return bytes[..start];
            case 1:
                return [.. bytes.AsSpan(0, start), .. bytes.AsSpan(end)];
            case 2:
                return [.. bytes.AsSpan(0, end), .. bytes.AsSpan(start)];
            case 3:
                return [.. bytes.AsSpan(0, start), .. piece, .. bytes.AsSpan(start)];
            case 4:
                return [.. bytes.AsSpan(0, start), .. piece, .. bytes.AsSpan(end)];
            default:
                if (bytes.Length == 0) return bytes;
                byte[] changed = [.. bytes];
                int at = random.Next(changed.Length);
                changed[at] = random.Next(2) == 0 ? (byte)(changed[at] ^ (1 << random.Next(8))) : (byte)random.Next(256);
                return changed;
        }
    }

    private static byte[] Nearly(Random random, byte[] bytes, byte[] right)
    {
        switch (random.Next(4))
        {
            case 0:
                return right;
            case 1:
                return bytes;
            case 2:
                return right[..random.Next(right.Length)];
            default:
                right[random.Next(right.Length)] = (byte)random.Next(256);
                return right;
        }
    }

    /// <summary>Runs a thousand cases a seed; a case returns what is wrong, or null.</summary>
    private static void Run(int blocks, Func<Random, byte[], string?> check)
    {
        ConcurrentBag<string> failures = [];
        Parallel.For(FirstSeed, FirstSeed + blocks, seed =>
        {
            Random random = new(seed);
            for (int i = 0; i < Block; i++)
            {
                byte[] bytes = new byte[random.Next(60)];
                random.NextBytes(bytes);
                try
                {
                    if (check(random, bytes) is { } wrong) failures.Add($"seed {seed}, case {i}: {wrong}");
                }
                catch (Exception exception)
                {
                    failures.Add($"seed {seed}, case {i}: {exception}");
                }
            }
        });
        Assert.True(failures.IsEmpty, string.Join("\n", failures.Take(5)));
    }
}
