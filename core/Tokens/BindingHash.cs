using System.Buffers.Text;
using System.Net;
using System.Text;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Tokens;

/// <summary>The keyed hash by which a token names an address or a user without telling it: 128 bits of HMAC-SHA256 as base64url.</summary>
internal static class BindingHash
{
    public const int TextLength = 22;

    private const int HashSize = 16;

    /// <summary>An IPv4 address and the same mapped into IPv6 are one address.</summary>
    public static void Compute(SigningKey key, SiteKey site, IPAddress address, Span<byte> text)
    {
        Span<byte> value = stackalloc byte[2 + 16];
        "ip"u8.CopyTo(value);
        IPAddress normal = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        normal.TryWriteBytes(value[2..], out int written);
        Compute(key, site, value[..(2 + written)], text);
    }

    public static void Compute(SigningKey key, SiteKey site, string uid, Span<byte> text) =>
        Compute(key, site, Encoding.UTF8.GetBytes("uid" + uid), text);

    private static void Compute(SigningKey key, SiteKey site, ReadOnlySpan<byte> value, Span<byte> text)
    {
        SiteMac mac = key.Mac(MacPurpose.Binding, site);
        key.Remember(MacPurpose.Binding, site, mac);
        Span<byte> hash = stackalloc byte[SiteMac.Size];
        mac.Compute(value, hash);
        Base64Url.EncodeToUtf8(hash[..HashSize], text);
    }
}
