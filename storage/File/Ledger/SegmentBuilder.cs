using System.Runtime.InteropServices;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Storage.File.Ledger;

/// <summary>
/// The segment being written: encodes batches and keeps what its successors will say of it. Knows no files. Owned by the store.
/// </summary>
internal sealed class SegmentBuilder
{
    private readonly SegmentHeader header;
    private readonly Dictionary<SiteKey, int> sites = [];
    private readonly List<SiteKey> newSites = [];
    private byte[] buffer = new byte[64 * 1024];
    private uint sequence;
    private uint chain;

    public SegmentBuilder(SegmentHeader header)
    {
        this.header = header;
        EncodedHeader = header.Encode(out uint crc);
        chain = Crc32C.Append(0, crc);
        Length = EncodedHeader.Length;
    }

    public SegmentHeader Header => header;

    public byte[] EncodedHeader { get; }

    /// <summary>Bytes so far, the header included.</summary>
    public long Length { get; private set; }

    public long Records { get; private set; }

    public UnixSeconds MaxExpiry { get; private set; }

    /// <summary>
    /// Encodes the next batch as if it were going to be written; the memory is good until the next call. After a failure to
    /// write it the segment is of no more use.
    /// </summary>
    public ReadOnlySpan<byte> Add(ReadOnlySpan<RedemptionFact> facts)
    {
        newSites.Clear();
        foreach (ref readonly RedemptionFact fact in facts)
        {
            if (sites.TryAdd(fact.Site, sites.Count)) newSites.Add(fact.Site);
            if (fact.ExpiresAt > MaxExpiry) MaxExpiry = fact.ExpiresAt;
        }

        int length = BatchFormat.LengthOf(facts.Length, newSites.Count);
        if (buffer.Length < length) buffer = GC.AllocateUninitializedArray<byte>(length * 2);
        Span<byte> batch = buffer.AsSpan(0, length);
        BatchFormat.WriteHeader(batch, facts.Length, newSites.Count, ++sequence, header.Nonce);
        Span<byte> body = batch[BatchFormat.HeaderLength..];
        foreach (SiteKey site in CollectionsMarshal.AsSpan(newSites))
        {
            site.Write(body);
            body = body[BatchFormat.SiteLength..];
        }

        foreach (ref readonly RedemptionFact fact in facts)
        {
            BatchFormat.WriteRecord(body, fact, sites[fact.Site]);
            body = body[BatchFormat.RecordLength..];
        }

        chain = Crc32C.Append(chain, BatchFormat.WriteFooter(batch));
        Length += length;
        Records += facts.Length;
        return batch;
    }

    public ClosedSegment Close() => new(header.Id, Length, chain, MaxExpiry);
}
