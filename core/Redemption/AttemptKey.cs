using System.Buffers.Binary;
using System.Security.Cryptography;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Redemption;

/// <summary>
/// Names one caller's try to redeem a token. Two requests with the same key are the same try, and get the same answer once
/// it was success (I3).
/// </summary>
public readonly record struct AttemptKey(ulong High, ulong Low)
{
    /// <summary>Bytes on disk and on the wire, big-endian.</summary>
    public const int Size = 16;

    private const int MaxIdempotencyKeyBytes = 512;

    private static ReadOnlySpan<byte> Label => "attempt"u8;

    // Asking the generator for 16 bytes costs nearly as much as asking it for many.
    [ThreadStatic]
    private static RandomPool? pool;

    /// <summary>A key of its own for a request that names no idempotency key.</summary>
    public static AttemptKey New() => (pool ??= new RandomPool()).Next();

    /// <summary>The key of every request that names this idempotency key: <c>SHA-256("attempt" ‖ sitekey ‖ key)[..16]</c>.</summary>
    /// <param name="site">Keys of different sites are never the same.</param>
    /// <param name="idempotencyKey">UTF-8, not empty, at most 128 characters.</param>
    public static AttemptKey Of(SiteKey site, ReadOnlySpan<byte> idempotencyKey)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(idempotencyKey.Length, MaxIdempotencyKeyBytes);
        Span<byte> input = stackalloc byte[Label.Length + SiteKey.Size + MaxIdempotencyKeyBytes];
        Label.CopyTo(input);
        site.Write(input[Label.Length..]);
        idempotencyKey.CopyTo(input[(Label.Length + SiteKey.Size)..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input[..(Label.Length + SiteKey.Size + idempotencyKey.Length)], hash);
        return Read(hash);
    }

    public static AttemptKey Read(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(source), BinaryPrimitives.ReadUInt64BigEndian(source[8..]));

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Low);
    }

    private sealed class RandomPool
    {
        private readonly byte[] bytes = new byte[128 * Size];
        private int next;

        public AttemptKey Next()
        {
            if (next == 0) RandomNumberGenerator.Fill(bytes);
            AttemptKey key = Read(bytes.AsSpan(next));
            next = (next + Size) % bytes.Length;
            return key;
        }
    }
}
