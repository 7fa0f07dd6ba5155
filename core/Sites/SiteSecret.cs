using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace CaptchaCluster.Sites;

/// <summary>
/// The text of a site's secret: <c>cpt_sec_</c>, the site's 32 hexadecimal digits, 32 random characters of base 62
/// (190.5 bits), and 6 characters of checksum. The digits make the look-up direct; the checksum refuses typing errors
/// without a look-up and is no defence, as anyone can compute it. 190 random bits are why one SHA-256 is the right
/// hash at rest here and a password hash is not.
/// </summary>
public static class SiteSecret
{
    public const int TextLength = 8 + SiteKey.DigitCount + RandomLength + ChecksumLength;

    /// <summary>Bytes of the hash that is kept at rest.</summary>
    public const int HashSize = SHA256.HashSizeInBytes;

    private const int RandomLength = 32;
    private const int ChecksumLength = 6;
    private const string Base62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private static readonly SearchValues<byte> Alphabet = SearchValues.Create(Encoding.ASCII.GetBytes(Base62));

    // Setting up a hash costs an eighth of hashing a secret.
    [ThreadStatic]
    private static IncrementalHash? idleHash;

    private static ReadOnlySpan<byte> Prefix => "cpt_sec_"u8;

    public static string New(SiteKey site)
    {
        string body = "cpt_sec_" + site.Digits32() + RandomNumberGenerator.GetString(Base62, RandomLength);
        Span<byte> checksum = stackalloc byte[ChecksumLength];
        WriteChecksum(Encoding.ASCII.GetBytes(body), checksum);
        return body + Encoding.ASCII.GetString(checksum);
    }

    /// <summary>Reads the site out of a secret of the right shape; false for anything that cannot be one of ours (I12: from bytes alone).</summary>
    public static bool TryReadSite(ReadOnlySpan<byte> secret, out SiteKey site)
    {
        site = default;
        if (secret.Length != TextLength || !secret.StartsWith(Prefix)) return false;
        ReadOnlySpan<byte> body = secret[..^ChecksumLength];
        if (secret[(Prefix.Length + SiteKey.DigitCount)..].ContainsAnyExcept(Alphabet)) return false;
        Span<byte> checksum = stackalloc byte[ChecksumLength];
        WriteChecksum(body, checksum);
        return secret[^ChecksumLength..].SequenceEqual(checksum)
            && SiteKey.TryParseDigits(body.Slice(Prefix.Length, SiteKey.DigitCount), out site);
    }

    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.ASCII.GetBytes(secret));

    public static void Hash(ReadOnlySpan<byte> secret, Span<byte> destination)
    {
        IncrementalHash sha = idleHash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(secret);
        sha.GetHashAndReset(destination);
    }

    private static void WriteChecksum(ReadOnlySpan<byte> body, Span<byte> destination)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(body); // 72 characters: no rest
        uint crc = uint.MaxValue;
        foreach (ulong word in words) crc = BitOperations.Crc32C(crc, word);
        for (int i = destination.Length - 1; i >= 0; i--)
        {
            destination[i] = (byte)Base62[(int)(crc % 62)];
            crc /= 62;
        }
    }
}
