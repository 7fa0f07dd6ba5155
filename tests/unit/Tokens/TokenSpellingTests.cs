using System.Text;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Unit.Tokens;

/// <summary>A token has one spelling: exhaustively, nothing that differs from it by one character, or in its encoding, is a token.</summary>
[Trait("Invariant", "I12")]
public sealed class TokenSpellingTests
{
    private const int Seed = 20_261_202;

    private readonly TokenCodec codec = TokenSamples.Codec();

    [Fact]
    public void No_character_can_be_any_other_byte() => ForEachToken(token =>
    {
        byte[] altered = [.. token];
        for (int at = 0; at < token.Length; at++)
        {
            for (int value = 0; value < 256; value++)
            {
                if (value == token[at]) continue;
                altered[at] = (byte)value;
                AssertRefused(altered, token);
            }

            altered[at] = token[at];
        }
    });

    [Fact]
    public void No_byte_can_be_inserted_anywhere() => ForEachToken(token =>
    {
        for (int at = 0; at <= token.Length; at++)
        {
            byte[] altered = [.. token.AsSpan(0, at), 0, .. token.AsSpan(at)];
            for (int value = 0; value < 256; value++)
            {
                altered[at] = (byte)value;
                AssertRefused(altered, token);
            }
        }
    });

    [Fact]
    public void No_run_of_characters_can_be_left_out() => ForEachToken(token =>
    {
        for (int at = 0; at < token.Length; at++)
        {
            for (int length = 1; length <= 4 && at + length <= token.Length; length++)
                AssertRefused([.. token.AsSpan(0, at), .. token.AsSpan(at + length)], token);
        }
    });

    [Fact]
    public void No_part_of_a_token_is_a_token() => ForEachToken(token =>
    {
        for (int length = 0; length < token.Length; length++)
        {
            AssertRefused(token[..length], token);
            AssertRefused(token[(token.Length - length)..], token);
        }
    });

    [Fact]
    public void No_other_encoding_of_the_same_bytes_is_a_token() => ForEachToken(token =>
    {
        string text = Encoding.ASCII.GetString(token);
        string standard = text.Replace('-', '+').Replace('_', '/');
        string padding = new('=', (4 - (text.Length % 4)) % 4);
        string[] spellings =
        [
            text + "=", text + "==", text + padding + "=", standard + "=", " " + text, text + " ", "\t" + text, text + "\r\n", text + "\0", "\ufeff" + text,
            "\"" + text + "\"", text + text, text + "." + text, TokenSamples.Wrap(text), TokenSamples.Unwrap(text), text + "A", text + "AA",
            text + "AAA", text + "AAAA", "A" + text, text.ToUpperInvariant(), text.ToLowerInvariant(), Uri.HexEscape(text[0]) + text[1..],
            string.Join("\n", text.Chunk(76).Select(line => new string(line))),
        ];
        foreach (string spelling in spellings) AssertRefused(Encoding.UTF8.GetBytes(spelling), token);
        AssertRefused(Encoding.Unicode.GetBytes(text), token);
        if (padding.Length > 0) AssertRefused(Encoding.ASCII.GetBytes(text + padding), token);
        if (standard != text) AssertRefused(Encoding.ASCII.GetBytes(standard), token);
    });

    [Fact]
    public void The_unused_bits_of_the_last_character_must_be_zero()
    {
        int spellings = 0;
        ForEachToken(token =>
        {
            int unused = (token.Length % 4) switch { 2 => 16, 3 => 4, _ => 1 };
            const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            int last = Alphabet.IndexOf((char)token[^1]);
            Assert.Equal(0, last % unused);
            for (int bits = 1; bits < unused; bits++)
            {
                AssertRefused([.. token.AsSpan(0, token.Length - 1), (byte)Alphabet[last + bits]], token);
                spellings++;
            }
        });
        Assert.True(spellings >= 18, "the samples must end on every phase of base64");
    }

    [Fact]
    public void Two_tokens_cannot_be_spliced()
    {
        byte[][] tokens = Tokens();
        foreach (byte[] head in tokens)
        {
            foreach (byte[] tail in tokens)
            {
                for (int cut = 0; cut <= head.Length; cut++)
                {
                    AssertSplice(head, tail, cut, Math.Min(cut, tail.Length));
                    AssertSplice(head, tail, cut, Math.Max(0, tail.Length - (head.Length - cut)));
                }
            }
        }
    }

    [Fact]
    public void A_token_of_the_longest_length_has_one_spelling_too()
    {
        byte[] token = Encoding.ASCII.GetBytes(TokenLimitsTests.TokenOfLength(codec, TokenLimits.MaxTokenLength));
        byte[] altered = [.. token];
        for (int at = 0; at < token.Length; at++)
        {
            foreach (byte value in "A_=+ \0\u00ff"u8)
            {
                altered[at] = value;
                if (value != token[at]) AssertRefused(altered, token);
            }

            altered[at] = token[at];
            AssertRefused([.. token.AsSpan(0, at), .. token.AsSpan(at + 1)], token);
        }
    }

    private void AssertSplice(byte[] head, byte[] tail, int cut, int from)
    {
        byte[] spliced = [.. head.AsSpan(0, cut), .. tail.AsSpan(from)];
        if (!spliced.AsSpan().SequenceEqual(head) && !spliced.AsSpan().SequenceEqual(tail)) AssertRefused(spliced, head);
    }

    private void ForEachToken(Action<byte[]> check)
    {
        foreach (byte[] token in Tokens()) check(token);
    }

    // Lengths of all phases of base64, short and long, with every member.
    private byte[][] Tokens() =>
    [
        .. Enumerable.Range(0, 3).Select(i => TokenSamples.Plain(new Random(Seed)) with { CData = new string('x', 1 + i) }).Select(Mint),
        .. Enumerable.Range(0, 3).Select(i => TokenSamples.Claims(new Random(Seed + i))).Select(Mint),
    ];

    private byte[] Mint(TokenClaims claims) => Encoding.ASCII.GetBytes(TokenSamples.Mint(codec, claims));

    private void AssertRefused(byte[] altered, byte[] genuine)
    {
        PassToken? read;
        try
        {
            read = codec.Read(altered);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"seed {Seed}: {Convert.ToHexString(altered)} of {Encoding.ASCII.GetString(genuine)}", exception);
        }

        if (read is not null) Assert.Fail($"seed {Seed}: accepted {Convert.ToHexString(altered)} of {Encoding.ASCII.GetString(genuine)}");
    }
}
