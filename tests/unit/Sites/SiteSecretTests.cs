using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using CaptchaCluster.Sites;
using CaptchaCluster.Tests.Unit.Tokens;

namespace CaptchaCluster.Tests.Unit.Sites;

public sealed class SiteSecretTests
{
    private const string Base62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private static readonly int FirstSeed =
        int.TryParse(Environment.GetEnvironmentVariable("SECRETS_SEED"), CultureInfo.InvariantCulture, out int seed) ? seed : 20_261_208;

    [Fact]
    public void A_secret_is_the_prefix_the_site_random_characters_and_a_checksum()
    {
        SiteKey site = TokenSamples.Site(new Random(FirstSeed));
        string secret = SiteSecret.New(site);
        Assert.Equal(78, secret.Length);
        Assert.Equal("cpt_sec_" + site.ToString()[8..], secret[..40]);
        Assert.Matches("^[A-Za-z0-9]{38}$", secret[40..]);
        Assert.True(SiteSecret.TryReadSite(Encoding.ASCII.GetBytes(secret), out SiteKey read));
        Assert.Equal(site, read);
        Assert.Equal(Checksum(secret[..72]), secret[72..]);
    }

    [Fact]
    [Trait("Invariant", "I11")]
    public void Two_secrets_of_a_site_have_nothing_but_the_site_in_common()
    {
        SiteKey site = SiteKey.New();
        string[] secrets = [.. Enumerable.Range(0, 1000).Select(_ => SiteSecret.New(site))];
        Assert.Equal(1000, secrets.Select(secret => secret[40..72]).Distinct().Count());
        for (int at = 40; at < 72; at++) Assert.InRange(secrets.Select(secret => secret[at]).Distinct().Count(), 55, 62);
    }

    // CRC-32C finds every change that lies within 32 bits, and so within one character; base 62 of it has one spelling. So: none.
    [Fact]
    [Trait("Invariant", "I12")]
    public void A_secret_with_one_character_changed_is_refused_without_a_look_up()
    {
        int passed = 0;
        for (int sample = 0; sample < 20; sample++)
        {
            byte[] secret = Encoding.ASCII.GetBytes(SiteSecret.New(SiteKey.New()));
            for (int at = 0; at < secret.Length; at++)
            {
                byte right = secret[at];
                for (int value = 0; value < 256; value++)
                {
                    secret[at] = (byte)value;
                    if (value != right && SiteSecret.TryReadSite(secret, out _)) passed++;
                }

                secret[at] = right;
            }

            Assert.True(SiteSecret.TryReadSite(secret, out _));
        }

        Assert.Equal(0, passed);
    }

    [Fact]
    [Trait("Invariant", "I12")]
    public void A_secret_with_two_characters_swapped_one_missing_or_one_more_is_refused()
    {
        string secret = SiteSecret.New(new SiteKey(0x0123456789abcdef, 0xfedcba9876543210));
        for (int at = 0; at < secret.Length; at++)
        {
            AssertRefused(secret.Remove(at, 1));
            AssertRefused(secret[..at]);
            foreach (char c in " \0\n=_Aa0") AssertRefused(secret.Insert(at, c.ToString()));
            if (at + 1 == secret.Length || secret[at] == secret[at + 1]) continue;
            AssertRefused(secret[..at] + secret[at + 1] + secret[at] + secret[(at + 2)..]);
        }

        AssertRefused("");
        AssertRefused(secret + " ");
        AssertRefused(secret + secret);
        AssertRefused(secret.ToUpperInvariant());
    }

    [Theory]
    [InlineData("cpt_sec_0123456789ABCDEF0123456789abcdef", "a site in capitals")]
    [InlineData("cpt_sec_0123456789abcdeg0123456789abcdef", "a site not hexadecimal")]
    [InlineData("cpt_sec_+123456789abcdef 123456789abcdef", "a site with a sign")]
    [InlineData("cpt_pub_0123456789abcdef0123456789abcdef", "another prefix")]
    [InlineData("CPT_SEC_0123456789abcdef0123456789abcdef", "a prefix in capitals")]
    [Trait("Invariant", "I12")]
    public void A_right_checksum_does_not_make_a_secret_of_another_shape(string head, string why)
    {
        string body = head + new string('x', 32);
        Assert.False(SiteSecret.TryReadSite(Encoding.ASCII.GetBytes(body + Checksum(body)), out _), why);
    }

    [Theory]
    [InlineData('_')]
    [InlineData('-')]
    [InlineData(' ')]
    [InlineData('\0')]
    [Trait("Invariant", "I12")]
    public void The_random_part_is_of_base_62_only(char other)
    {
        string body = "cpt_sec_0123456789abcdef0123456789abcdef" + new string('x', 31) + other;
        Assert.False(SiteSecret.TryReadSite(Encoding.ASCII.GetBytes(body + Checksum(body)), out _));
    }

    [Fact]
    [Trait("Invariant", "I12")]
    public void No_spoiled_secret_throws_or_is_taken_for_one()
    {
        ConcurrentBag<string> failures = [];
        Parallel.For(FirstSeed, FirstSeed + 300, seed =>
        {
            Random random = new(seed);
            byte[] secret = Encoding.ASCII.GetBytes(SiteSecret.New(TokenSamples.Site(random)));
            for (int i = 0; i < 1000; i++)
            {
                byte[] spoiled = Spoil(random, secret);
                bool taken;
                try
                {
                    taken = SiteSecret.TryReadSite(spoiled, out _);
                }
                catch (Exception exception)
                {
                    failures.Add($"seed {seed}, case {i}: {exception}");
                    continue;
                }

                if (taken && !spoiled.AsSpan().SequenceEqual(secret)) failures.Add($"seed {seed}, case {i}: took {Convert.ToHexString(spoiled)}");
            }
        });
        Assert.True(failures.IsEmpty, string.Join("\n", failures.Take(5)));
    }

    [Fact]
    [Trait("Invariant", "I11")]
    public void At_rest_a_secret_is_its_sha_256()
    {
        string secret = SiteSecret.New(SiteKey.New());
        byte[] expected = SHA256.HashData(Encoding.ASCII.GetBytes(secret));
        byte[] actual = new byte[SiteSecret.HashSize];
        SiteSecret.Hash(Encoding.ASCII.GetBytes(secret), actual);
        Assert.Equal(expected, actual);
        Assert.Equal(expected, SiteSecret.Hash(secret));
    }

    private static byte[] Spoil(Random random, byte[] secret)
    {
        byte[] spoiled = [.. secret];
        for (int left = random.Next(1, 5); left > 0; left--)
        {
            int at = random.Next(spoiled.Length + 1);
            spoiled = random.Next(5) switch
            {
                0 => spoiled[..at],
                1 => [.. spoiled.AsSpan(0, at), (byte)random.Next(256), .. spoiled.AsSpan(at)],
                2 => [.. spoiled.AsSpan(at), .. spoiled.AsSpan(0, at)],
                _ => [.. spoiled.AsSpan(0, Math.Max(0, at - 1)), (byte)Base62[random.Next(62)], .. spoiled.AsSpan(at)],
            };
        }

        return spoiled;
    }

    private static void AssertRefused(string secret) => Assert.False(SiteSecret.TryReadSite(Encoding.ASCII.GetBytes(secret), out _), secret);

    private static string Checksum(string body)
    {
        uint crc = uint.MaxValue;
        foreach (char c in body) crc = BitOperations.Crc32C(crc, (byte)c);
        return string.Concat(Enumerable.Range(0, 6).Select(i => Base62[(int)(crc / (ulong)Math.Pow(62, 5 - i) % 62)]));
    }
}
