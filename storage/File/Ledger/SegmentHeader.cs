using System.Buffers.Binary;
using System.Collections.Immutable;

namespace CaptchaCluster.Storage.File.Ledger;

/// <summary>A segment that takes no more batches, as the segments after it name it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Chain">CRC over the CRCs of its header and all of its batches.</param>
/// <param name="MaxExpiry">Largest expiry of its redemptions.</param>
internal readonly record struct ClosedSegment(long Id, long Length, uint Chain, UnixSeconds MaxExpiry);

/// <summary>
/// The beginning of a segment. It names every segment that must be there beside it, so that the newest segment alone tells
/// what the ledger consists of: what it does not name was purged or copied, and is left over. Little-endian:
/// <code>
///  0  8 magic "CCLEDGR1"      8  4 length of the header, CRC included   12  4 nonce, seeds the CRCs of batches
/// 16  8 id                   24  8 horizon      32  8 issued floor      40  8 created at
/// 48  per closed segment: 8 id, 8 length, 4 chain, 8 max expiry         end 4 CRC-32C over all before it
/// </code>
/// </summary>
internal sealed record SegmentHeader
{
    private const int FixedLength = 48;
    private const int ClosedLength = 28;
    private const int CrcLength = 4;

    private static ReadOnlySpan<byte> Magic => "CCLEDGR1"u8;

    public required long Id { get; init; }

    /// <summary>Random: bytes of another segment, found in blocks that this file was given, do not pass for its own.</summary>
    public required uint Nonce { get; init; }

    public required UnixSeconds Horizon { get; init; }

    public required UnixSeconds IssuedFloor { get; init; }

    public required UnixSeconds CreatedAt { get; init; }

    /// <summary>Oldest first; the last is the predecessor.</summary>
    public required ImmutableArray<ClosedSegment> Closed { get; init; }

    public byte[] Encode(out uint crc)
    {
        byte[] bytes = new byte[FixedLength + (Closed.Length * ClosedLength) + CrcLength];
        Span<byte> rest = bytes;
        Magic.CopyTo(rest);
        BinaryPrimitives.WriteInt32LittleEndian(rest[8..], bytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[12..], Nonce);
        BinaryPrimitives.WriteInt64LittleEndian(rest[16..], Id);
        BinaryPrimitives.WriteInt64LittleEndian(rest[24..], Horizon.Value);
        BinaryPrimitives.WriteInt64LittleEndian(rest[32..], IssuedFloor.Value);
        BinaryPrimitives.WriteInt64LittleEndian(rest[40..], CreatedAt.Value);
        rest = rest[FixedLength..];
        foreach (ClosedSegment closed in Closed)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, closed.Id);
            BinaryPrimitives.WriteInt64LittleEndian(rest[8..], closed.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(rest[16..], closed.Chain);
            BinaryPrimitives.WriteInt64LittleEndian(rest[20..], closed.MaxExpiry.Value);
            rest = rest[ClosedLength..];
        }

        crc = Crc32C.Append(uint.MaxValue, bytes.AsSpan(0, bytes.Length - CrcLength));
        BinaryPrimitives.WriteUInt32LittleEndian(rest, crc);
        return bytes;
    }

    /// <summary>Null where the bytes do not begin with a whole, undamaged header.</summary>
    public static SegmentHeader? Decode(ReadOnlySpan<byte> file, out int length, out uint crc)
    {
        (length, crc) = (0, 0);
        if (file.Length < FixedLength + CrcLength || !file.StartsWith(Magic)) return null;
        length = BinaryPrimitives.ReadInt32LittleEndian(file[8..]);
        int closedCount = (length - FixedLength - CrcLength) / ClosedLength;
        if (length < FixedLength + CrcLength || length > file.Length || length != FixedLength + (closedCount * ClosedLength) + CrcLength)
            return null;
        crc = Crc32C.Append(uint.MaxValue, file[..(length - CrcLength)]);
        if (crc != BinaryPrimitives.ReadUInt32LittleEndian(file[(length - CrcLength)..])) return null;

        ImmutableArray<ClosedSegment>.Builder closed = ImmutableArray.CreateBuilder<ClosedSegment>(closedCount);
        for (int i = 0; i < closedCount; i++)
        {
            ReadOnlySpan<byte> entry = file[(FixedLength + (i * ClosedLength))..];
            closed.Add(new ClosedSegment(
                BinaryPrimitives.ReadInt64LittleEndian(entry),
                BinaryPrimitives.ReadInt64LittleEndian(entry[8..]),
                BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]),
                new UnixSeconds(BinaryPrimitives.ReadInt64LittleEndian(entry[20..]))));
        }

        return new SegmentHeader
        {
            Id = BinaryPrimitives.ReadInt64LittleEndian(file[16..]),
            Nonce = BinaryPrimitives.ReadUInt32LittleEndian(file[12..]),
            Horizon = new UnixSeconds(BinaryPrimitives.ReadInt64LittleEndian(file[24..])),
            IssuedFloor = new UnixSeconds(BinaryPrimitives.ReadInt64LittleEndian(file[32..])),
            CreatedAt = new UnixSeconds(BinaryPrimitives.ReadInt64LittleEndian(file[40..])),
            Closed = closed.MoveToImmutable(),
        };
    }
}
