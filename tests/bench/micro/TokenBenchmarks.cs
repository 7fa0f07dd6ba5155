using System.Security.Cryptography;
using System.Text;
using BenchmarkDotNet.Attributes;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Bench.Micro;

/// <summary>The codec, with the MAC of the site already derived, as it is but for a site's first token.</summary>
public class TokenBenchmarks
{
    private readonly TokenCodec codec = new(new KeyRing(new SigningKey("bench", new byte[SigningKey.Size])), new TokenLimits(7200, 300), TimeProvider.System);
    private readonly TokenClaims claims;
    private readonly byte[] token;
    private readonly byte[] forged;

    public TokenBenchmarks()
    {
        UnixSeconds now = UnixSeconds.Now(TimeProvider.System);
        if (!Hostname.TryParse("localhost", out Hostname hostname)) throw new InvalidOperationException();
        claims = new TokenClaims { Site = new SiteKey(1, 2), Id = new TokenId(3, 4), IssuedAt = now, ExpiresAt = now + 7200, Hostname = hostname };
        token = Encoding.ASCII.GetBytes(Mint());
        forged = [.. token];

        // A member behind the sitekey: everything up to the MAC is in order.
        int middle = forged.Length / 2;
        forged[middle] = forged[middle] == 'A' ? (byte)'B' : (byte)'A';
        if (codec.Read(token) is null || codec.Read(forged) is not null) throw new CryptographicException("The codec is wrong.");
    }

    [Benchmark]
    public PassToken? ReadGenuine() => codec.Read(token);

    [Benchmark]
    public PassToken? ReadForged() => codec.Read(forged);

    [Benchmark]
    public string Mint() => codec.TryMint(claims, out string minted) ? minted : throw new InvalidOperationException();
}
