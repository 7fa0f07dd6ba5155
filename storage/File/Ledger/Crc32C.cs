using System.Numerics;
using System.Runtime.InteropServices;

namespace CaptchaCluster.Storage.File.Ledger;

/// <summary>CRC-32C (Castagnoli) by the processor's instruction, without the final inversion; chained by passing the last result.</summary>
internal static class Crc32C
{
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words) crc = BitOperations.Crc32C(crc, word);
        foreach (byte last in bytes[(words.Length * sizeof(ulong))..]) crc = BitOperations.Crc32C(crc, last);
        return crc;
    }

    public static uint Append(uint crc, uint value) => BitOperations.Crc32C(crc, value);
}
