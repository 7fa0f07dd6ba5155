using System.Buffers.Binary;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Storage.File.Ledger;

/// <summary>
/// One commit in a segment. Little-endian:
/// <code>
///  0  2 marker   2  2 records   4  2 new sites   6  4 sequence (1, 2, … within the segment)   10  4 CRC of these, seeded by the nonce
/// 14  per new site 16 bytes; it gets the segment's next index
/// …   per redemption 44: 16 token id, 16 attempt key, 4 expiry, 4 redeemed at, 4 site index (seconds fit 32 bits until 2106)
/// …   4 CRC of the body, seeded by the header's   2 end marker
/// </code>
/// 20 bytes around the records. Both markers are free of zero bytes: a part of a batch that is all zero was never written,
/// and zeros after the last batch are none of it.
/// </summary>
internal static class BatchFormat
{
    public const int HeaderLength = 14;
    public const int SiteLength = SiteKey.Size;
    public const int RecordLength = 44;
    public const int FooterLength = 6;
    public const int MaxRecords = ushort.MaxValue;

    public const ushort Marker = 0xB57C;
    public const ushort EndMarker = 0xE3D9;

    private const int HeaderCrcAt = 10;

    public static int LengthOf(int records, int newSites) =>
        HeaderLength + (newSites * SiteLength) + (records * RecordLength) + FooterLength;

    public static void WriteHeader(Span<byte> batch, int records, int newSites, uint sequence, uint nonce)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(batch, Marker);
        BinaryPrimitives.WriteUInt16LittleEndian(batch[2..], checked((ushort)records));
        BinaryPrimitives.WriteUInt16LittleEndian(batch[4..], checked((ushort)newSites));
        BinaryPrimitives.WriteUInt32LittleEndian(batch[6..], sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(batch[HeaderCrcAt..], Crc32C.Append(nonce, batch[..HeaderCrcAt]));
    }

    /// <summary>Writes the end of a whole batch and returns its CRC.</summary>
    public static uint WriteFooter(Span<byte> batch)
    {
        uint crc = BodyCrc(batch);
        BinaryPrimitives.WriteUInt32LittleEndian(batch[^FooterLength..], crc);
        BinaryPrimitives.WriteUInt16LittleEndian(batch[^2..], EndMarker);
        return crc;
    }

    /// <summary>False where these bytes are not the undamaged beginning of a batch.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> bytes, uint nonce, out int records, out int newSites, out uint sequence)
    {
        (records, newSites, sequence) = (0, 0, 0);
        if (bytes.Length < HeaderLength || BinaryPrimitives.ReadUInt16LittleEndian(bytes) != Marker) return false;
        records = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
        newSites = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        sequence = BinaryPrimitives.ReadUInt32LittleEndian(bytes[6..]);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[HeaderCrcAt..]) == Crc32C.Append(nonce, bytes[..HeaderCrcAt]);
    }

    /// <summary>Checks the body and end of a batch of the right length.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> batch, out uint crc)
    {
        crc = BodyCrc(batch);
        return BinaryPrimitives.ReadUInt32LittleEndian(batch[^FooterLength..]) == crc
            && BinaryPrimitives.ReadUInt16LittleEndian(batch[^2..]) == EndMarker;
    }

    public static void WriteRecord(Span<byte> record, in RedemptionFact fact, int site)
    {
        fact.Token.Write(record);
        fact.Attempt.Write(record[16..]);
        BinaryPrimitives.WriteUInt32LittleEndian(record[32..], checked((uint)fact.ExpiresAt.Value));
        BinaryPrimitives.WriteUInt32LittleEndian(record[36..], checked((uint)fact.At.Value));
        BinaryPrimitives.WriteInt32LittleEndian(record[40..], site);
    }

    public static int ReadSiteIndex(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt32LittleEndian(record[40..]);

    public static RedemptionFact ReadRecord(ReadOnlySpan<byte> record, List<SiteKey> sites) => new(
        TokenId.Read(record),
        new UnixSeconds(BinaryPrimitives.ReadUInt32LittleEndian(record[32..])),
        sites[ReadSiteIndex(record)],
        AttemptKey.Read(record[16..]),
        new UnixSeconds(BinaryPrimitives.ReadUInt32LittleEndian(record[36..])));

    private static uint BodyCrc(ReadOnlySpan<byte> batch)
    {
        uint seed = BinaryPrimitives.ReadUInt32LittleEndian(batch[HeaderCrcAt..]);
        return Crc32C.Append(seed, batch[HeaderLength..^FooterLength]);
    }
}
