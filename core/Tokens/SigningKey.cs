using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Tokens;

/// <summary>What a MAC is for. Each has a key of its own, so that no text made for one purpose is good for another.</summary>
public enum MacPurpose
{
    PassToken,
    Challenge,
    ServerToken,

    /// <summary>Hashes of a visitor's address or user id inside a token: keyed, as a plain hash of an address can be guessed.</summary>
    Binding,
}

/// <summary>One 32-byte key of the ring and the per-site keys derived from it (HKDF-SHA256).</summary>
public sealed class SigningKey
{
    /// <summary>Bytes of the key.</summary>
    public const int Size = 32;

    /// <summary>Derived keys kept at a time; beyond that the cache starts anew (I10). A derivation costs some 3 µs.</summary>
    private const int MaxCached = 16_384;

    private readonly byte[] secret;
    private readonly byte[] idUtf8;
    private readonly ConcurrentDictionary<(MacPurpose, SiteKey), SiteMac> cache = new();
    private int cached;

    /// <exception cref="ArgumentException">The id or the key is of the wrong form.</exception>
    public SigningKey(string id, byte[] secret)
    {
        if (!IsId(id)) throw new ArgumentException($"A key id {WrongId(id)}");
        if (secret.Length != Size)
            throw new ArgumentException($"The key '{id}' has {secret.Length} bytes; it must have {Size}.");
        Id = id;
        idUtf8 = Encoding.ASCII.GetBytes(id);
        this.secret = [.. secret];
    }

    public string Id { get; }

    internal ReadOnlySpan<byte> IdUtf8 => idUtf8;

    /// <summary>Whether a text has the form of a key id: 1…<see cref="KeyRing.MaxKeyIdLength"/> of <c>[a-z0-9]</c>.</summary>
    public static bool IsId(string text) =>
        text.Length is > 0 and <= KeyRing.MaxKeyIdLength && text.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9'));

    /// <summary>What is wrong with a text that is not a key id. Does not show it: it may be the key, put where its id belongs (I11).</summary>
    public static string WrongId(string text) =>
        $"has {text.Length} characters; it must be 1 to {KeyRing.MaxKeyIdLength} characters of a-z and 0-9.";

    /// <summary>The key itself, for the file that keeps the ring and for nothing else (I11).</summary>
    public byte[] CopySecret() => [.. secret];

    /// <summary>The MAC of a site, from the cache where it is there. Does not add to the cache.</summary>
    internal SiteMac Mac(MacPurpose purpose, SiteKey site) =>
        cache.TryGetValue((purpose, site), out SiteMac? mac) ? mac : Derive(purpose, site);

    /// <summary>Keeps a MAC that proved to be in use: callers who merely name many sites cannot fill the cache.</summary>
    internal void Remember(MacPurpose purpose, SiteKey site, SiteMac mac)
    {
        if (mac.IsRemembered || !cache.TryAdd((purpose, site), mac)) return;
        mac.IsRemembered = true;
        if (Interlocked.Increment(ref cached) <= MaxCached) return;
        cache.Clear();
        Volatile.Write(ref cached, 0);
    }

    private SiteMac Derive(MacPurpose purpose, SiteKey site)
    {
        string label = purpose switch
        {
            MacPurpose.PassToken => "pass token",
            MacPurpose.Challenge => "challenge",
            MacPurpose.ServerToken => "server token",
            MacPurpose.Binding => "binding",
            _ => throw new ArgumentOutOfRangeException(nameof(purpose), purpose, null),
        };
        byte[] info = Encoding.ASCII.GetBytes($"CaptchaCluster {label} {site}");
        return new SiteMac(HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, Size, salt: null, info));
    }
}
