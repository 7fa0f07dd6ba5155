using System.Collections.Immutable;
using CaptchaCluster.Sites;
using CaptchaCluster.Tests.Unit.Tokens;

namespace CaptchaCluster.Tests.Unit.Sites;

internal static class SiteSamples
{
    public static readonly UnixSeconds Now = TokenSamples.Now;

    public static Site Of(SiteKey key, string secret) => new()
    {
        Key = key,
        Version = 1,
        Policy = new SitePolicy { Name = "a site", TokenTtlSeconds = 600 },
        Generation = Generation.First,
        SecretHash = [.. SiteSecret.Hash(secret)],
        CreatedAt = Now,
    };

    public static Site New(out string secret)
    {
        SiteKey key = SiteKey.New();
        secret = SiteSecret.New(key);
        return Of(key, secret);
    }

    /// <summary>A site in any state that a site can be in.</summary>
    public static Site Any(Random random)
    {
        SiteKey key = TokenSamples.Site(random);
        bool deleted = random.Next(5) == 0;
        return new Site
        {
            Key = key,
            Version = random.NextInt64(1, long.MaxValue),
            Policy = new SitePolicy
            {
                Name = TokenSamples.Text(random, 60),
                Hostnames = [.. Enumerable.Range(0, random.Next(4)).Select(i => TokenSamples.HostnameOf(i == 2 ? "2001:db8::1" : $"h{i}.example"))],
                EnforceHostname = random.Next(2) == 0,
                IpBinding = Pick<IpBinding>(random),
                TokenTtlSeconds = random.Next(1, 7200),
                Tier = Pick<Tier>(random),
                Disabled = random.Next(2) == 0,
            },
            Generation = new Generation(random.Next(100, int.MaxValue)),
            SecretHash = deleted ? [] : Hash(random),
            CreatedAt = Time(random),
            DeletedAt = deleted ? Time(random) : null,
            Previous = !deleted && random.Next(2) == 0 ? new PreviousSecret(new Generation(1), Hash(random), Time(random)) : null,
            LastRotation = !deleted && random.Next(2) == 0 ? Receipt(random, key) : null,
        };
    }

    /// <summary>Every member of a site as text: records compare immutable arrays by identity.</summary>
    public static string Dump(object? value) => value switch
    {
        null => "null",
        ImmutableArray<byte> bytes => Convert.ToHexString(bytes.AsSpan()),
        ImmutableArray<Hostname> hostnames => "[" + string.Join(", ", hostnames) + "]",
        Site or SitePolicy or PreviousSecret or RotationReceipt => "{" + string.Join("\n", value.GetType().GetProperties()
            .Where(property => property.GetIndexParameters().Length == 0)
            .Select(property => $"{property.Name}: {Dump(property.GetValue(value))}")) + "}",
        _ => value.ToString()!,
    };

    private static RotationReceipt Receipt(Random random, SiteKey key) => RotationReceipt.Seal(
        key, new Generation(random.Next(1, 100)), "rotation-id-" + random.Next(), SiteSecret.New(key), random.Next(2) == 0 ? Time(random) : null, Time(random));

    private static T Pick<T>(Random random)
        where T : struct, Enum => Enum.GetValues<T>()[random.Next(Enum.GetValues<T>().Length)];

    private static ImmutableArray<byte> Hash(Random random)
    {
        byte[] hash = new byte[SiteSecret.HashSize];
        random.NextBytes(hash);
        return [.. hash];
    }

    private static UnixSeconds Time(Random random) => Now + random.Next();
}
