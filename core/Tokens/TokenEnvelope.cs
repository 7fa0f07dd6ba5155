using System.Buffers.Text;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Tokens;

/// <param name="Key">That signed them.</param>
/// <param name="Site">That they are of.</param>
/// <param name="Start">Where they begin in the decoded bytes: each comes with the comma before it.</param>
/// <param name="Length">Of them all, up to the MAC.</param>
internal readonly record struct SignedMembers(SigningKey Key, SiteKey Site, int Start, int Length);

/// <summary>
/// The form that all signed texts of ours have: unpadded base64url of one compact JSON object whose first members are
/// <c>v</c>, <c>k</c> (key id) and <c>s</c> (sitekey), in that form to the byte, and whose last is <c>m</c>, the HMAC-SHA256
/// over every byte before it, under a key of the site and the purpose. Nothing of it is interpreted before its MAC was found good.
/// </summary>
internal static class TokenEnvelope
{
    private const int MacTextLength = 43;

    private static ReadOnlySpan<byte> Head => "{\"v\":1,\"k\":\""u8;

    private static ReadOnlySpan<byte> BeforeSite => "\",\"s\":\""u8;

    private static ReadOnlySpan<byte> BeforeMac => ",\"m\":\""u8;

    private static ReadOnlySpan<byte> Tail => "\"}"u8;

    /// <param name="body">The object without its last member and closing brace, with the first three as above.</param>
    /// <param name="purpose">What it is for.</param>
    /// <param name="key">Named in it.</param>
    /// <param name="site">Named in it.</param>
    public static string Seal(ReadOnlySpan<byte> body, MacPurpose purpose, SigningKey key, SiteKey site)
    {
        SiteMac mac = key.Mac(purpose, site);
        key.Remember(purpose, site, mac);
        Span<byte> tag = stackalloc byte[SiteMac.Size];
        mac.Compute(body, tag);
        byte[] whole = [.. body, .. BeforeMac, .. Base64Url.EncodeToUtf8(tag), .. Tail];
        return Base64Url.EncodeToString(whole);
    }

    /// <summary>None where the MAC is good; else why it is not a text of ours for this purpose. No I/O and no lock (I12).</summary>
    /// <param name="wrapped">The text.</param>
    /// <param name="decoded">At least three quarters as long.</param>
    /// <param name="keys">Those that are accepted.</param>
    /// <param name="purpose">What it must be for.</param>
    /// <param name="members">Those between the first three and the MAC, in <paramref name="decoded"/>.</param>
    public static TokenFlaw Open(ReadOnlySpan<byte> wrapped, Span<byte> decoded, KeyRing keys, MacPurpose purpose, out SignedMembers members)
    {
        members = default;
        int length = Base64UrlText.Decode(wrapped, decoded);
        if (length < 0) return TokenFlaw.NotAToken;
        ReadOnlySpan<byte> json = decoded[..length];
        if (!TryFindKeyAndSite(json, keys, out SigningKey? key, out SiteKey site, out int afterSite)) return TokenFlaw.NotAToken;

        int macStart = json.Length - Tail.Length - MacTextLength;
        int signedLength = macStart - BeforeMac.Length;
        if (signedLength < afterSite || !json.EndsWith(Tail) || !json[signedLength..].StartsWith(BeforeMac)) return TokenFlaw.NotAToken;
        if (key is null) return TokenFlaw.UnknownKey;
        SiteMac mac = key.Mac(purpose, site);
        if (!IsGenuine(mac, json[..signedLength], json.Slice(macStart, MacTextLength))) return TokenFlaw.WrongMac;
        key.Remember(purpose, site, mac);
        members = new SignedMembers(key, site, afterSite, signedLength - afterSite);
        return TokenFlaw.None;
    }

    /// <summary>
    /// Reads the first three members by position; <paramref name="end"/> is where the fourth begins. The key is null where
    /// the ring has none of that name.
    /// </summary>
    private static bool TryFindKeyAndSite(ReadOnlySpan<byte> json, KeyRing keys, out SigningKey? key, out SiteKey site, out int end)
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
}
