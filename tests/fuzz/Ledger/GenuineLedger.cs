using System.Collections.Immutable;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.File.Ledger;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Fuzz.Ledger;

/// <summary>Three segments as the store writes them, and what is in them batch by batch.</summary>
internal sealed class GenuineLedger
{
    public const int SegmentCount = 3;

    private static readonly UnixSeconds Start = new(1_800_000_000);

    public GenuineLedger(Random random)
    {
        ImmutableArray<ClosedSegment> closed = [];
        for (int id = 1; id <= SegmentCount; id++)
        {
            SegmentBuilder segment = new(new SegmentHeader
            {
                Id = id,
                Nonce = (uint)random.NextInt64(),
                Horizon = Start,
                IssuedFloor = default,
                CreatedAt = Start,
                Closed = closed,
            });
            List<byte> bytes = [.. segment.EncodedHeader];
            List<Batch> batches = [];
            for (int count = random.Next(2, 7); count > 0; count--)
            {
                RedemptionFact[] facts = [.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => Fact(random))];
                batches.Add(new Batch(bytes.Count, facts));
                bytes.AddRange(segment.Add(facts));
            }

            Segments.Add(new Segment(SegmentFiles.NameOf(id), [.. bytes], segment.EncodedHeader.Length, batches));
            closed = [.. closed, segment.Close()];
        }
    }

    public List<Segment> Segments { get; } = [];

    private static RedemptionFact Fact(Random random) => new(
        new TokenId((ulong)random.NextInt64(), (ulong)random.NextInt64()),
        Start + random.Next(1, 7200),
        new SiteKey(7, (ulong)random.Next(4)),
        new AttemptKey((ulong)random.NextInt64(), (ulong)random.NextInt64()),
        Start);

    /// <param name="Offset">In the segment.</param>
    /// <param name="Facts">In their order.</param>
    internal sealed record Batch(int Offset, RedemptionFact[] Facts);

    /// <param name="Name">Of its file.</param>
    /// <param name="Bytes">All of it.</param>
    /// <param name="HeaderLength">Bytes.</param>
    /// <param name="Batches">In their order.</param>
    internal sealed record Segment(string Name, byte[] Bytes, int HeaderLength, IReadOnlyList<Batch> Batches);
}
