using System.Text;
using BenchmarkDotNet.Attributes;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Bench.Micro;

/// <summary>What authenticates a caller: the shape of the secret, its hash, the comparison with the site's.</summary>
public class SecretBenchmarks
{
    private readonly UnixSeconds now = UnixSeconds.Now(TimeProvider.System);
    private readonly byte[] secret;
    private readonly byte[] mistyped;
    private readonly Site site;

    public SecretBenchmarks()
    {
        SiteKey key = new(1, 2);
        string text = SiteSecret.New(key);
        secret = Encoding.ASCII.GetBytes(text);
        mistyped = [.. secret];
        mistyped[^1] = mistyped[^1] == 'A' ? (byte)'B' : (byte)'A';
        site = new Site
        {
            Key = key,
            Version = 1,
            Policy = new SitePolicy { Name = "bench", TokenTtlSeconds = 600 },
            Generation = Generation.First,
            SecretHash = [.. SiteSecret.Hash(text)],
            CreatedAt = now,
        };
        if (!Check() || Mistyped()) throw new InvalidOperationException("The check is wrong.");
    }

    [Benchmark]
    public bool Check()
    {
        if (!SiteSecret.TryReadSite(secret, out SiteKey _)) return false;
        Span<byte> hash = stackalloc byte[SiteSecret.HashSize];
        SiteSecret.Hash(secret, hash);
        return site.TryAuthenticate(hash, now, out _);
    }

    [Benchmark]
    public bool Mistyped() => SiteSecret.TryReadSite(mistyped, out _);
}
