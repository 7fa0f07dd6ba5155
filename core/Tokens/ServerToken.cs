using System.Net;
using System.Security.Cryptography;
using System.Text;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Tokens;

/// <summary>What goes into a server token when it is issued. Everything but the two bound values can be read by whoever holds it.</summary>
public sealed record ServerTokenClaims
{
    public required SiteKey Site { get; init; }

    /// <summary>Of the secret that asked for it: it lives no longer than that one.</summary>
    public required Generation Generation { get; init; }

    public required TokenId Id { get; init; }

    public required UnixSeconds IssuedAt { get; init; }

    public required UnixSeconds ExpiresAt { get; init; }

    /// <summary>1…<see cref="ServerToken.MaxMaxUses"/>.</summary>
    public required int MaxUses { get; init; }

    /// <summary>1…<see cref="TokenLimits.MaxActionLength"/> characters.</summary>
    public required string Action { get; init; }

    /// <summary>Goes in as a keyed hash.</summary>
    public IPAddress? ClientAddress { get; init; }

    /// <summary>Goes in as a keyed hash.</summary>
    public string? Uid { get; init; }
}

/// <summary>
/// A genuine server token (CaptchaLa's <c>sct_…</c>), read: a site's own server asked for it, before its visitor solves
/// anything. What is minted for it is for its action, its address and its user, and is minted as often as it allows.
/// </summary>
public sealed class ServerToken
{
    private readonly SigningKey key;
    private readonly string? clientAddressHash;
    private readonly string? uidHash;

    internal ServerToken(SigningKey key, string? clientAddressHash, string? uidHash)
    {
        this.key = key;
        this.clientAddressHash = clientAddressHash;
        this.uidHash = uidHash;
    }

    /// <summary>The most uses that one can be issued with (I10): each that was made before is passed by on the way to the next.</summary>
    public const int MaxMaxUses = 100;

    public required SiteKey Site { get; init; }

    public required Generation Generation { get; init; }

    public required TokenId Id { get; init; }

    public required UnixSeconds IssuedAt { get; init; }

    public required UnixSeconds ExpiresAt { get; init; }

    public required int MaxUses { get; init; }

    public required string Action { get; init; }

    /// <summary>True where it binds no address.</summary>
    public bool Allows(IPAddress? clientAddress)
    {
        if (clientAddressHash is null) return true;
        if (clientAddress is null) return false;
        Span<byte> hash = stackalloc byte[BindingHash.TextLength];
        BindingHash.Compute(key, Site, clientAddress, hash);
        return AreEqual(hash, clientAddressHash);
    }

    /// <summary>True where it binds no user.</summary>
    public bool Allows(string? uid)
    {
        if (uidHash is null) return true;
        if (string.IsNullOrEmpty(uid)) return false;
        Span<byte> hash = stackalloc byte[BindingHash.TextLength];
        BindingHash.Compute(key, Site, uid, hash);
        return AreEqual(hash, uidHash);
    }

    private static bool AreEqual(ReadOnlySpan<byte> hash, string bound) =>
        CryptographicOperations.FixedTimeEquals(hash, Encoding.ASCII.GetBytes(bound));
}
