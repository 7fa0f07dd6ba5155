using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Tokens;

/// <summary>
/// Writes and reads pass tokens: unpadded base64url of one compact JSON object whose first members are <c>v</c>, <c>k</c>
/// (key id) and <c>s</c> (sitekey), in that form to the byte, and whose last is <c>m</c>, the HMAC-SHA256 over every byte
/// before it. Nothing of a token is interpreted before its MAC was found good.
/// </summary>
public sealed class TokenCodec(KeyRing keys, TokenLimits limits, TimeProvider clock)
{
    private const int MacTextLength = 43;

    private volatile KeyRing keys = keys;

    private static ReadOnlySpan<byte> Head => "{\"v\":1,\"k\":\""u8;

    private static ReadOnlySpan<byte> BeforeSite => "\",\"s\":\""u8;

    private static ReadOnlySpan<byte> BeforeMac => ",\"m\":\""u8;

    private static ReadOnlySpan<byte> Tail => "\"}"u8;

    public TokenLimits Limits => limits;

    /// <summary>From the moment this returns, every token is minted and read with this ring.</summary>
    public void Use(KeyRing ring) => keys = ring;

    /// <summary>Returns false where the token would be longer than <see cref="TokenLimits.MaxTokenLength"/>.</summary>
    public bool TryMint(TokenClaims claims, out string token)
    {
        SigningKey key = keys.Signer;
        byte[] body = TokenWriter.Write(claims, key);
        SiteMac mac = key.Mac(MacPurpose.PassToken, claims.Site);
        key.Remember(MacPurpose.PassToken, claims.Site, mac);
        Span<byte> tag = stackalloc byte[SiteMac.Size];
        mac.Compute(body, tag);

        byte[] whole = [.. body, .. BeforeMac, .. Base64Url.EncodeToUtf8(tag), .. Tail];
        token = Base64Url.EncodeToString(whole);
        return token.Length <= TokenLimits.MaxTokenLength;
    }

    /// <summary>
    /// Reads a token of ours; null for anything else: truncated, altered, re-encoded, of an unknown key, or with times no
    /// minter of ours would give it. Says nothing of expiry. No I/O and no lock (I12).
    /// </summary>
    public PassToken? Read(ReadOnlySpan<byte> wrapped) => Read(wrapped, out _);

    /// <summary>As <see cref="Read(ReadOnlySpan{byte})"/>, and tells why it is none of ours.</summary>
    public PassToken? Read(ReadOnlySpan<byte> wrapped, out TokenFlaw flaw)
    {
        flaw = TokenFlaw.NotAToken;
        if (wrapped.Length > TokenLimits.MaxTokenLength) return null;
        Span<byte> decoded = stackalloc byte[TokenLimits.MaxTokenLength * 3 / 4];
        int length = Base64UrlText.Decode(wrapped, decoded);
        if (length < 0) return null;
        ReadOnlySpan<byte> json = decoded[..length];
        if (!TryFindKeyAndSite(json, out SigningKey? key, out SiteKey site, out int afterSite)) return null;

        int macStart = json.Length - Tail.Length - MacTextLength;
        int signedLength = macStart - BeforeMac.Length;
        if (signedLength < afterSite || !json.EndsWith(Tail) || !json[signedLength..].StartsWith(BeforeMac)) return null;
        flaw = TokenFlaw.UnknownKey;
        if (key is null) return null;
        flaw = TokenFlaw.WrongMac;
        ReadOnlySpan<byte> signed = json[..signedLength];
        SiteMac mac = key.Mac(MacPurpose.PassToken, site);
        if (!IsGenuine(mac, signed, json.Slice(macStart, MacTextLength))) return null;
        key.Remember(MacPurpose.PassToken, site, mac);

        PassToken? token = TokenReader.Read(signed[afterSite..], key, site);
        bool isPlausible = token is not null && HasPlausibleTimes(token);
        flaw = isPlausible ? TokenFlaw.None : TokenFlaw.ImplausibleMembers;
        return isPlausible ? token : null;
    }

    /// <summary>Whether the token was minted for this visitor's address; false where it was minted for none.</summary>
    public static bool IsBoundTo(PassToken token, IPAddress address)
    {
        Span<byte> hash = stackalloc byte[BindingHash.TextLength];
        BindingHash.Compute(token.Key, token.Site, address, hash);
        return CryptographicOperations.FixedTimeEquals(hash, token.ClientAddressHash);
    }

    /// <summary>Whether the token was minted for this user id; false where it was minted for none.</summary>
    public static bool IsBoundTo(PassToken token, string uid)
    {
        Span<byte> hash = stackalloc byte[BindingHash.TextLength];
        BindingHash.Compute(token.Key, token.Site, uid, hash);
        return CryptographicOperations.FixedTimeEquals(hash, token.UidHash);
    }

    /// <summary>
    /// Reads the first three members by position; <paramref name="end"/> is where the fourth begins. The key is null where
    /// the ring has none of that name.
    /// </summary>
    private bool TryFindKeyAndSite(ReadOnlySpan<byte> json, out SigningKey? key, out SiteKey site, out int end)
    {
        (key, site, end) = (null, default, 0);
        if (!json.StartsWith(Head)) return false;
        ReadOnlySpan<byte> rest = json[Head.Length..];
        int idLength = rest[..Math.Min(rest.Length, KeyRing.MaxKeyIdLength + 1)].IndexOf((byte)'"');
        if (idLength <= 0) return false;
        key = keys.Find(rest[..idLength]);
        rest = rest[idLength..];
        if (!rest.StartsWith(BeforeSite) || rest.Length <= BeforeSite.Length + SiteKey.TextLength) return false;
        rest = rest[BeforeSite.Length..];
        if (!SiteKey.TryParse(rest[..SiteKey.TextLength], out site) || rest[SiteKey.TextLength] != (byte)'"') return false;
        end = json.Length - rest.Length + SiteKey.TextLength + 1;
        return true;
    }

    // Strictly decoded, so that the MAC has exactly one spelling.
    private static bool IsGenuine(SiteMac mac, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> given)
    {
        Span<byte> tag = stackalloc byte[SiteMac.Size];
        Span<byte> givenTag = stackalloc byte[SiteMac.Size];
        if (Base64UrlText.Decode(given, givenTag) != SiteMac.Size) return false;
        mac.Compute(signed, tag);
        return ConstantTime.AreEqual256(tag, givenTag);
    }

    private bool HasPlausibleTimes(PassToken token) =>
        token.ExpiresAt > token.IssuedAt
        && token.ExpiresAt - token.IssuedAt <= limits.MaxTtlSeconds
        && token.ExpiresAt <= UnixSeconds.Now(clock) + limits.MaxTtlSeconds + limits.MaxClockSkewSeconds;
}
