using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Unit.Tokens;

public sealed class SigningKeyCacheTests
{
    private const int Seed = 20_261_206;
    private const int MaxCached = 16_384;

    [Fact]
    public void A_mac_computed_by_many_threads_at_once_is_the_mac_each_time()
    {
        SiteMac mac = new(TokenSamples.KeyBytes);
        ConcurrentBag<string> wrong = [];
        Parallel.For(0, 16, new ParallelOptions { MaxDegreeOfParallelism = 16 }, thread =>
        {
            Random random = new(Seed + thread);
            Span<byte> actual = stackalloc byte[SiteMac.Size];
            Span<byte> data = stackalloc byte[700];
            for (int i = 0; i < 20_000; i++)
            {
                Span<byte> part = data[..random.Next(data.Length)];
                random.NextBytes(part);
                mac.Compute(part, actual);
                if (!actual.SequenceEqual(HMACSHA256.HashData(TokenSamples.KeyBytes, part))) wrong.Add($"seed {Seed + thread}, turn {i}");
            }
        });
        Assert.Empty(wrong);
    }

    [Fact]
    public void Tokens_read_and_minted_by_many_threads_at_once_are_judged_right()
    {
        TokenCodec codec = TokenSamples.Codec();
        ConcurrentBag<string> wrong = [];
        TokenClaims[] claims = [.. Enumerable.Range(0, 64).Select(i => TokenSamples.Claims(new Random(Seed + i)))];
        Parallel.For(0, 40_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            string token = TokenSamples.Mint(codec, claims[i % 64]);
            if (codec.Read(token)?.Id != claims[i % 64].Id) wrong.Add($"seed {Seed + (i % 64)} refused");
            char last = token[^20] == 'A' ? 'B' : 'A';
            if (codec.Read(token[..^20] + last + token[^19..]) is not null) wrong.Add($"seed {Seed + (i % 64)} accepted");
        });
        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_purpose_and_every_site_has_a_mac_of_its_own()
    {
        SigningKey key = new("k1", TokenSamples.KeyBytes);
        SiteKey[] sites = [new(0, 0), new(0, 1), new(1, 0)];
        HashSet<string> tags = [];
        foreach (SiteKey site in sites)
        {
            foreach (MacPurpose purpose in Enum.GetValues<MacPurpose>())
            {
                byte[] tag = new byte[SiteMac.Size];
                key.Mac(purpose, site).Compute("data"u8, tag);
                Assert.True(tags.Add(Convert.ToHexString(tag)), $"{purpose} {site}");
            }
        }
    }

    [Fact]
    [Trait("Invariant", "I10")]
    public void The_cache_of_derived_keys_stays_bounded()
    {
        SigningKey key = new("k1", TokenSamples.KeyBytes);
        SiteKey[] sites = [.. Enumerable.Range(0, 50_000).Select(i => new SiteKey(1, (ulong)i))];
        Parallel.ForEach(sites, new ParallelOptions { MaxDegreeOfParallelism = 8 }, site =>
            key.Remember(MacPurpose.PassToken, site, key.Mac(MacPurpose.PassToken, site)));
        Assert.InRange(sites.Count(site => IsCached(key, MacPurpose.PassToken, site)), 1, MaxCached + 8);

        // A mac that was cached when the cache started anew can be cached again.
        key.Remember(MacPurpose.PassToken, sites[0], key.Mac(MacPurpose.PassToken, sites[0]));
        Assert.True(IsCached(key, MacPurpose.PassToken, sites[0]));
    }

    [Fact]
    [Trait("Invariant", "I10")]
    public void Forged_tokens_do_not_fill_the_cache()
    {
        KeyRing ring = TokenSamples.Ring();
        TokenCodec codec = new(ring, TokenSamples.Limits, TokenSamples.Clock);
        TokenClaims claims = TokenSamples.Plain(new Random(Seed));
        string json = TokenSamples.Unwrap(TokenSamples.Mint(codec, claims));
        Assert.True(IsCached(ring.Signer, MacPurpose.PassToken, claims.Site));
        for (int i = 0; i < 20_000; i++)
        {
            SiteKey named = new(9, (ulong)i);
            Assert.Null(codec.Read(Encoding.ASCII.GetBytes(TokenSamples.Wrap(json.Replace(claims.Site.ToString(), named.ToString())))));
            Assert.False(IsCached(ring.Signer, MacPurpose.PassToken, named));
        }

        Assert.True(IsCached(ring.Signer, MacPurpose.PassToken, claims.Site));
    }

    // What is not cached is derived anew each time.
    private static bool IsCached(SigningKey key, MacPurpose purpose, SiteKey site) =>
        ReferenceEquals(key.Mac(purpose, site), key.Mac(purpose, site));
}
