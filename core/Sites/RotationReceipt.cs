using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace CaptchaCluster.Sites;

/// <summary>
/// What lets the reply of a rotation be had again by whoever knows its <c>rotation_id</c>: the secret sealed with a key
/// that only the id gives (AES-256-GCM, key by HKDF-SHA256). Kept for <see cref="Lifetime"/> or until the next rotation.
/// </summary>
public sealed record RotationReceipt
{
    public const int MinIdLength = 22;
    public const int MaxIdLength = 128;
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    private const int NonceSize = 12;
    private const int TagSize = 16;

    public required ImmutableArray<byte> IdHash { get; init; }

    public required Generation Generation { get; init; }

    /// <summary>Nonce, ciphertext and tag.</summary>
    public required ImmutableArray<byte> SealedSecret { get; init; }

    /// <summary>Null for an immediate rotation.</summary>
    public required UnixSeconds? OldSecretExpiresAt { get; init; }

    public required UnixSeconds ForgetAt { get; init; }

    public static RotationReceipt Seal(SiteKey site, Generation generation, string rotationId, string secret, UnixSeconds? oldSecretExpiresAt, UnixSeconds now)
    {
        byte[] plain = Encoding.ASCII.GetBytes(secret);
        byte[] box = new byte[NonceSize + plain.Length + TagSize];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceSize));
        using AesGcm aes = new(Derive("seal", site, rotationId), TagSize);
        aes.Encrypt(box.AsSpan(0, NonceSize), plain, box.AsSpan(NonceSize, plain.Length), box.AsSpan(NonceSize + plain.Length));
        return new RotationReceipt
        {
            IdHash = [.. Derive("name", site, rotationId)],
            Generation = generation,
            SealedSecret = [.. box],
            OldSecretExpiresAt = oldSecretExpiresAt,
            ForgetAt = now + (long)Lifetime.TotalSeconds,
        };
    }

    public bool Matches(SiteKey site, string rotationId, UnixSeconds now) =>
        now < ForgetAt && CryptographicOperations.FixedTimeEquals(Derive("name", site, rotationId), IdHash.AsSpan());

    /// <summary>The secret again. Throws <see cref="CryptographicException"/> for another id, or where the box was altered.</summary>
    public string Open(SiteKey site, string rotationId)
    {
        ReadOnlySpan<byte> box = SealedSecret.AsSpan();
        int length = box.Length - NonceSize - TagSize;
        if (length < 0) throw new CryptographicException("The sealed secret is shorter than its nonce and tag.");
        byte[] plain = new byte[length];
        using AesGcm aes = new(Derive("seal", site, rotationId), TagSize);
        aes.Decrypt(box[..NonceSize], box.Slice(NonceSize, length), box[(NonceSize + length)..], plain);
        return Encoding.ASCII.GetString(plain);
    }

    private static byte[] Derive(string purpose, SiteKey site, string rotationId) => HKDF.DeriveKey(
        HashAlgorithmName.SHA256,
        Encoding.UTF8.GetBytes(rotationId),
        outputLength: 32,
        salt: null,
        info: Encoding.ASCII.GetBytes($"CaptchaCluster rotation {purpose} {site}"));
}
