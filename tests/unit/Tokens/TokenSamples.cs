using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Unit.Tokens;

/// <summary>Keys, claims and tokens for tests. Everything random follows from the generator that is passed in.</summary>
internal static class TokenSamples
{
    public static readonly UnixSeconds Now = new(1_800_000_000);
    public static readonly TokenLimits Limits = new(MaxTtlSeconds: 7200, MaxClockSkewSeconds: 300);
    public static readonly ManualTime Clock = new(Now);
    public static readonly byte[] KeyBytes = [.. Enumerable.Range(1, SigningKey.Size).Select(i => (byte)i)];
    public static readonly byte[] OtherKeyBytes = [.. Enumerable.Range(101, SigningKey.Size).Select(i => (byte)i)];

    public static KeyRing Ring(string signer = "k1") =>
        new(new Dictionary<string, byte[]> { ["k1"] = KeyBytes, ["other2"] = OtherKeyBytes }, signer);

    public static TokenCodec Codec(string signer = "k1") => new(Ring(signer), Limits, Clock);

    public static SiteKey Site(Random random) => new((ulong)random.NextInt64(), (ulong)random.NextInt64());

    public static TokenId Id(Random random) => new((ulong)random.NextInt64(), (ulong)random.NextInt64());

    public static TokenClaims Plain(Random random) => new()
    {
        Site = Site(random),
        Id = Id(random),
        IssuedAt = Now,
        ExpiresAt = Now + 600,
        Hostname = HostnameOf("example.com"),
    };

    public static TokenClaims Claims(Random random) => Plain(random) with
    {
        IssuedAt = Now - random.Next(0, 3600),
        ExpiresAt = Now + random.Next(1, 3600),
        Hostname = HostnameOf(random.Next(3) switch { 0 => "a.b-c.xn--p1ai", 1 => "2001:db8::1", _ => "localhost" }),
        Action = Maybe(random, 0.6, () => Text(random, TokenLimits.MaxActionLength)),
        CData = Maybe(random, 0.5, () => Text(random, 40)),
        Score = random.Next(3) == 0 ? random.NextDouble() : null,
        Platform = Maybe(random, 0.4, () => new PlatformClaims(
            Maybe(random, 0.6, () => Text(random, 20)),
            random.Next(2) == 0 ? (random.NextDouble() - 0.5) * 1e6 : null,
            random.Next(2) == 0 ? random.NextInt64() : null)),
        ClientAddress = Maybe(random, 0.5, () => Address(random)),
        Uid = Maybe(random, 0.5, () => Text(random, 30)),
    };

    public static string Mint(TokenCodec codec, TokenClaims claims)
    {
        Assert.True(codec.TryMint(claims, out string token));
        return token;
    }

    public static PassToken? Read(this TokenCodec codec, string token) => codec.Read(Encoding.Latin1.GetBytes(token));

    public static string Wrap(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    public static string Unwrap(string token) => Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token));

    /// <summary>A second writing of the format, from its description: what an insider, or another version of ours, could mint.</summary>
    /// <param name="body">The object without its MAC and its closing brace.</param>
    /// <param name="site">Whose derived key signs.</param>
    /// <param name="purpose">Label of the derived key.</param>
    public static string Sign(string body, SiteKey site, string purpose = "pass token")
    {
        byte[] key = HKDF.DeriveKey(
            HashAlgorithmName.SHA256, KeyBytes, 32, salt: null, info: Encoding.ASCII.GetBytes($"CaptchaCluster {purpose} {site}"));
        string mac = Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(body)));
        return Wrap(body + ",\"m\":\"" + mac + "\"}");
    }

    public static Hostname HostnameOf(string text) => Hostname.TryParse(text, out Hostname hostname) ? hostname : throw new FormatException(text);

    public static IPAddress Address(Random random)
    {
        byte[] bytes = new byte[random.Next(2) == 0 ? 4 : 16];
        random.NextBytes(bytes);
        return new IPAddress(bytes);
    }

    /// <summary>1…<paramref name="max"/> characters of everything that JSON, HTML and UTF-8 treat specially.</summary>
    public static string Text(Random random, int max)
    {
        string[] pieces = ["a", "Z", "0", " ", "\"", "\\", "/", "<", ">", "&", "'", "+", "\n", "\0", "\u001f", "\u007f", "é", "ß", "\u2028", "日", "\ufffd", "😀", "\ud83c\udde9"];
        StringBuilder text = new();
        int length = random.Next(1, max + 1);
        while (text.Length < length)
        {
            string piece = pieces[random.Next(pieces.Length)];
            if (text.Length + piece.Length <= max) text.Append(piece);
        }

        return text.ToString();
    }

    private static T? Maybe<T>(Random random, double probability, Func<T> make)
        where T : class => random.NextDouble() < probability ? make() : null;
}
