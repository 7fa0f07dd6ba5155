using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Storage.File.Ledger;

/// <summary>How the reading of a segment ended. A closed set.</summary>
internal enum SegmentEnd
{
    /// <summary>After a whole batch, at the end of what was written.</summary>
    Whole,

    /// <summary>In a last batch that was never completely written, thus never acknowledged.</summary>
    Torn,

    /// <summary>At bytes that once were right, or were never ours.</summary>
    Damaged,
}

/// <param name="End">How the reading ended.</param>
/// <param name="Length">Bytes up to the end of the last whole batch; where it ended otherwise, that is the offset of what is wrong.</param>
/// <param name="Chain">As <see cref="ClosedSegment.Chain"/>.</param>
/// <param name="MaxExpiry">As <see cref="ClosedSegment.MaxExpiry"/>.</param>
/// <param name="Records">Redemptions read.</param>
internal readonly record struct SegmentSummary(SegmentEnd End, long Length, uint Chain, UnixSeconds MaxExpiry, long Records);

/// <summary>Reads the batches of one segment.</summary>
internal static class SegmentReader
{
    private const int SectorSize = 512;

    /// <summary>
    /// What was written of a segment: zeros at its end are only reserved, as no batch ends with one.
    /// </summary>
    /// <param name="file">The whole file.</param>
    /// <param name="headerLength">Bytes of the header, which may end with zeros.</param>
    public static ReadOnlySpan<byte> Written(ReadOnlySpan<byte> file, int headerLength) =>
        file[..Math.Max(headerLength, file.LastIndexOfAnyExcept((byte)0) + 1)];

    /// <param name="file">What was written of the segment.</param>
    /// <param name="header">Its header, already read.</param>
    /// <param name="headerLength">Bytes of the header.</param>
    /// <param name="headerCrc">CRC of the header.</param>
    /// <param name="learn">Hears every redemption of every whole batch, in order.</param>
    public static SegmentSummary Read(
        ReadOnlySpan<byte> file, SegmentHeader header, int headerLength, uint headerCrc, Action<RedemptionFact> learn)
    {
        List<SiteKey> sites = [];
        uint chain = Crc32C.Append(0, headerCrc);
        UnixSeconds maxExpiry = default;
        int offset = headerLength;
        long read = 0;
        for (uint sequence = 1; offset < file.Length; sequence++)
        {
            ReadOnlySpan<byte> rest = file[offset..];
            if (!TryReadBatch(rest, header.Nonce, sequence, sites.Count, out int length, out int records, out int newSites, out uint crc))
            {
                SegmentEnd end = IsTorn(file, offset, header.Nonce, sequence) ? SegmentEnd.Torn : SegmentEnd.Damaged;
                return new SegmentSummary(end, offset, chain, maxExpiry, read);
            }

            ReadOnlySpan<byte> body = rest[BatchFormat.HeaderLength..length];
            for (int i = 0; i < newSites; i++, body = body[BatchFormat.SiteLength..]) sites.Add(SiteKey.Read(body));
            for (int i = 0; i < records; i++, body = body[BatchFormat.RecordLength..])
            {
                RedemptionFact fact = BatchFormat.ReadRecord(body, sites);
                if (fact.ExpiresAt > maxExpiry) maxExpiry = fact.ExpiresAt;
                learn(fact);
            }

            chain = Crc32C.Append(chain, crc);
            offset += length;
            read += records;
        }

        return new SegmentSummary(SegmentEnd.Whole, offset, chain, maxExpiry, read);
    }

    private static bool TryReadBatch(
        ReadOnlySpan<byte> rest, uint nonce, uint sequence, int knownSites, out int length, out int records, out int newSites, out uint crc)
    {
        (length, crc) = (0, 0);
        if (!BatchFormat.TryReadHeader(rest, nonce, out records, out newSites, out uint found) || found != sequence) return false;
        length = BatchFormat.LengthOf(records, newSites);
        return rest.Length >= length
            && BatchFormat.IsWhole(rest[..length], out crc)
            && HasKnownSites(rest[..length], records, knownSites + newSites);
    }

    // The CRC was good, so only a fault of the program could have written another index.
    private static bool HasKnownSites(ReadOnlySpan<byte> batch, int records, int known)
    {
        ReadOnlySpan<byte> body = batch[^(BatchFormat.FooterLength + (records * BatchFormat.RecordLength))..];
        for (int i = 0; i < records; i++)
        {
            if ((uint)BatchFormat.ReadSiteIndex(body[(i * BatchFormat.RecordLength)..]) >= (uint)known) return false;
        }

        return true;
    }

    /// <summary>
    /// A commit is one append and one sync, so only the last batch can be half written, and then either the file ends early
    /// or a sector of it never reached the disk. Anything else was acknowledged once and is damaged now.
    /// </summary>
    private static bool IsTorn(ReadOnlySpan<byte> file, int offset, uint nonce, uint sequence)
    {
        if (HasLaterBatch(file[(offset + 1)..], nonce, sequence)) return false;
        ReadOnlySpan<byte> rest = file[offset..];
        bool endsEarly = rest.Length < BatchFormat.HeaderLength
            ? IsBeginningOfMarker(rest)
            : BatchFormat.TryReadHeader(rest, nonce, out int records, out int newSites, out uint found)
                && found == sequence
                && rest.Length < BatchFormat.LengthOf(records, newSites);
        return endsEarly || HasBlankSector(file, offset);
    }

    private static bool IsBeginningOfMarker(ReadOnlySpan<byte> rest) =>
        rest[0] == (BatchFormat.Marker & 0xFF) && (rest.Length == 1 || rest[1] == BatchFormat.Marker >> 8);

    private static bool HasLaterBatch(ReadOnlySpan<byte> bytes, uint nonce, uint sequence)
    {
        const byte FirstByte = BatchFormat.Marker & 0xFF;
        for (int next = bytes.IndexOf(FirstByte); next >= 0; next = bytes.IndexOf(FirstByte))
        {
            if (BatchFormat.TryReadHeader(bytes[next..], nonce, out _, out _, out uint found) && found > sequence) return true;
            bytes = bytes[(next + 1)..];
        }

        return false;
    }

    /// <summary>
    /// Whether some sector's part of the last batch is all zero. The file grows before its data are written, so the rest of
    /// a sector that older batches begin can be blank too; no batch that was written begins, ends or goes on with such a part.
    /// </summary>
    private static bool HasBlankSector(ReadOnlySpan<byte> file, int offset)
    {
        for (int start = offset; start < file.Length;)
        {
            int end = Math.Min(file.Length, ((start / SectorSize) + 1) * SectorSize);
            if (!file[start..end].ContainsAnyExcept((byte)0)) return true;
            start = end;
        }

        return false;
    }
}
