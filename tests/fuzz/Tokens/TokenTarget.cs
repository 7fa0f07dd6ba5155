using System.Buffers.Text;
using System.Net;
using System.Text;
using CaptchaCluster.Sites;
using CaptchaCluster.Tests.Fuzz.Mutation;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Fuzz.Tokens;

/// <summary>Pass tokens, spoiled outside and inside their wrapping: none but what was minted is taken, to the byte.</summary>
internal sealed class TokenTarget : FuzzTarget
{
    private const int Minted = 40;

    private static readonly UnixSeconds Now = new(1_800_000_000);

    private readonly TokenCodec codec;
    private readonly byte[][] genuine;
    private readonly byte[][] unwrapped;
    private readonly HashSet<string> known;

    public TokenTarget()
    {
        Dictionary<string, byte[]> keys = new() { ["k1"] = Key(1), ["other2"] = Key(101) };
        TokenLimits limits = new(MaxTtlSeconds: 7200, MaxClockSkewSeconds: 300);
        codec = new TokenCodec(new KeyRing(keys, "k1"), limits, new FixedTime(Now));
        TokenCodec other = new(new KeyRing(keys, "other2"), limits, new FixedTime(Now));
        genuine = [.. Enumerable.Range(0, Minted).Select(i => Mint(i % 5 == 0 ? other : codec, new Random(i)))];
        unwrapped = [.. genuine.Select(token => Base64Url.DecodeFromUtf8(token))];
        known = [.. genuine.Select(Encoding.Latin1.GetString)];
    }

    public override string Name => "token";

    public override int Share => 25;

    private static byte[][] Pieces { get; } =
        [.. new[] { ",\"j\":\"", ",\"e\":1", "{\"v\":1,\"k\":\"k1\"", "\",\"s\":\"", ",\"m\":\"", "\"}", "AAAA", "_", "-", "=" }.Select(Encoding.ASCII.GetBytes)];

    public override byte[] Next(Random random)
    {
        if (random.Next(2) == 0) return new Mutator(random, genuine, Pieces).Next();
        return Base64Url.EncodeToUtf8(new Mutator(random, unwrapped, Pieces).Next());
    }

    public override Judgement Judge(byte[] input)
    {
        string text = Encoding.Latin1.GetString(input);
        PassToken? token = codec.Read(input);

        // For people only, but it reads what anybody sends.
        if (input.Length % 4 == 0) TokenContent.Read(text);
        return new(token is not null, token is null == known.Contains(text) ? "what was minted, and nothing else, is a token" : null);
    }

    private static byte[] Mint(TokenCodec codec, Random random)
    {
        TokenClaims claims = new()
        {
            Site = new SiteKey((ulong)random.NextInt64(), (ulong)random.NextInt64()),
            Id = new TokenId((ulong)random.NextInt64(), (ulong)random.NextInt64()),
            IssuedAt = Now - random.Next(0, 3600),
            ExpiresAt = Now + random.Next(1, 3600),
            Hostname = HostnameOf(random.Next(2) == 0 ? "a.b-c.xn--p1ai" : "2001:db8::1"),
            Action = random.Next(2) == 0 ? "login \"é😀" : null,
            CData = random.Next(2) == 0 ? new string('c', random.Next(1, 40)) : null,
            Score = random.Next(2) == 0 ? random.NextDouble() : null,
            Platform = random.Next(2) == 0 ? new PlatformClaims("game/1", random.NextDouble(), random.NextInt64()) : null,
            ClientAddress = random.Next(2) == 0 ? IPAddress.IPv6Loopback : null,
            Uid = random.Next(2) == 0 ? "user \n 1" : null,
        };
        return codec.TryMint(claims, out string token) ? Encoding.ASCII.GetBytes(token) : throw new InvalidOperationException("Too long.");
    }

    private static Hostname HostnameOf(string text) => Hostname.TryParse(text, out Hostname hostname) ? hostname : throw new FormatException(text);

    private static byte[] Key(int first) => [.. Enumerable.Range(first, SigningKey.Size).Select(i => (byte)i)];
}
