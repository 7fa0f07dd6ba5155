using System.Security.Cryptography;

namespace CaptchaCluster.Tokens;

/// <summary>
/// HMAC-SHA256 under one derived key, callable from any thread. Setting up an HMAC costs more than computing one over a
/// token, so finished ones are kept: one per processor, taken and returned by exchange.
/// </summary>
internal sealed class SiteMac(byte[] key)
{
    public const int Size = HMACSHA256.HashSizeInBytes;

    private static readonly int SlotCount = Math.Max(2, Environment.ProcessorCount);
    private readonly IncrementalHash?[] idle = new IncrementalHash?[SlotCount];

    public bool IsRemembered { get; set; }

    public void Compute(ReadOnlySpan<byte> data, Span<byte> destination)
    {
        ref IncrementalHash? slot = ref idle[Thread.GetCurrentProcessorId() % SlotCount];
        IncrementalHash hash = Interlocked.Exchange(ref slot, null) ?? IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData(data);
        hash.GetHashAndReset(destination);
        Interlocked.Exchange(ref slot, hash)?.Dispose();
    }
}
