using CaptchaCluster.Redemption;
using CaptchaCluster.Storage.File.Ledger;
using CaptchaCluster.Tests.Fuzz.Mutation;
using static CaptchaCluster.Tests.Fuzz.Ledger.GenuineLedger;

namespace CaptchaCluster.Tests.Fuzz.Ledger;

/// <summary>
/// A ledger of which one segment was altered, read by the recovery of a start: either it is refused, or all that is left of it is as it
/// was written, and what is missing is a last write that never ended. The first byte of an input says which segment, the rest is it.
/// </summary>
internal sealed class SegmentTarget : FuzzTarget
{
    private const int SectorSize = 512;

    private static readonly byte[][] Pieces =
    [
        [0x7C, 0xB5], [0xD9, 0xE3], new byte[16], new byte[100], new byte[SectorSize], new byte[2 * SectorSize], [0xFF, 0xFF, 0xFF, 0xFF], "CCLEDGR1"u8.ToArray(),
    ];

    private readonly GenuineLedger ledger = new(new Random(1));
    private readonly byte[][] samples;

    public SegmentTarget()
    {
        byte[][] other = [.. new GenuineLedger(new Random(2)).Segments.Select(segment => segment.Bytes)];
        samples = [.. ledger.Segments.Select(segment => segment.Bytes), .. other];
    }

    public override string Name => "segment";

    public override int Share => 6;

    public override byte[] Next(Random random)
    {
        int which = Which(random);
        byte[] bytes = ledger.Segments[which].Bytes;
        byte[] reserved = random.Next(2) == 0 ? [] : new byte[random.Next(3 * SectorSize)];
        bytes = random.Next(5) switch
        {
            0 => [.. bytes[..random.Next(bytes.Length + 1)], .. reserved],
            1 => Blanked(random, [.. bytes, .. reserved]),
            2 => new Mutator(random, [[.. bytes, .. reserved], .. samples], Pieces).Next(mostChanges: 1),
            _ => new Mutator(random, [bytes, bytes, bytes, bytes, .. samples], Pieces).Next(mostChanges: 3),
        };
        return [(byte)which, .. bytes];
    }

    public override Judgement Judge(byte[] input)
    {
        if (input.Length == 0) return new(IsAccepted: false);
        int which = input[0] % SegmentCount;
        byte[] altered = input[1..];
        List<RedemptionFact> facts = [];
        List<string> notices = [];
        try
        {
            Dictionary<string, byte[]> files = ledger.Segments.ToDictionary(segment => segment.Name, segment => segment.Bytes);
            files[ledger.Segments[which].Name] = altered;
            new LedgerRecovery(new MemoryDisk(files), facts.Add, notices.Add).Run();
        }
        catch (InvalidDataException)
        {
            return new(IsAccepted: false, WhyNotToBeRefused(which, altered));
        }

        return new(IsAccepted: true, WhyNotToBeTaken(which, altered, facts, notices));
    }

    // The newest is where the last write can be cut off, anywhere.
    private string? WhyNotToBeRefused(int which, byte[] altered)
    {
        Segment segment = ledger.Segments[which];
        altered = WithoutReserved(segment, altered);
        if (altered.AsSpan().SequenceEqual(segment.Bytes)) return "it is as it was written";
        bool isCut = which == SegmentCount - 1
            && altered.Length >= segment.HeaderLength
            && segment.Bytes.AsSpan().StartsWith(altered);
        return isCut ? "its last write was cut off, and nothing else" : null;
    }

    private string? WhyNotToBeTaken(int which, byte[] altered, List<RedemptionFact> facts, List<string> notices)
    {
        Segment segment = ledger.Segments[which];
        Segment newest = ledger.Segments[^1];
        altered = WithoutReserved(segment, altered);
        if (which != SegmentCount - 1 && !altered.AsSpan().SequenceEqual(segment.Bytes)) return "a closed segment was altered";

        RedemptionFact[] closed = [.. ledger.Segments.SkipLast(1).SelectMany(older => older.Batches).SelectMany(batch => batch.Facts)];
        if (!facts.Take(closed.Length).SequenceEqual(closed)) return "the closed segments were not read as they are";
        List<RedemptionFact> rest = facts[closed.Length..];
        int whole = 0;
        for (int read = 0; read < rest.Count; whole++)
        {
            RedemptionFact[] batch = newest.Batches[whole].Facts;
            if (!rest.Skip(read).Take(batch.Length).SequenceEqual(batch)) return $"batch {whole + 1} was not read as it was written";
            read += batch.Length;
        }

        if (which != SegmentCount - 1) return null;
        int end = whole < newest.Batches.Count ? newest.Batches[whole].Offset : newest.Bytes.Length;
        if (altered.Length < end || !altered.AsSpan(0, end).SequenceEqual(newest.Bytes.AsSpan(0, end))) return "bytes before the end of what was read were altered";
        if (altered.Length == end) return notices.Count == 0 ? null : "nothing was dropped, and it said so";
        if (notices.Count == 0) return "bytes behind the last batch were passed over";
        return IsLastWrite(altered, end, whole) ? null : "what was dropped is no last write that never ended";
    }

    private static byte[] WithoutReserved(Segment segment, byte[] altered)
    {
        int end = altered.Length;
        while (end > segment.HeaderLength && altered[end - 1] == 0) end--;
        return altered[..end];
    }

    /// <summary>The rule of the design, once more: no later batch, and cut off or with a sector's part that is blank.</summary>
    private bool IsLastWrite(byte[] altered, int end, int whole)
    {
        Segment newest = ledger.Segments[^1];
        for (int later = whole + 1; later < newest.Batches.Count; later++)
        {
            if (altered.AsSpan(end + 1).IndexOf(newest.Bytes.AsSpan(newest.Batches[later].Offset, BatchFormat.HeaderLength)) >= 0) return false;
        }

        for (int start = end; start < altered.Length; start = ((start / SectorSize) + 1) * SectorSize)
        {
            byte[] part = altered[start..Math.Min(altered.Length, ((start / SectorSize) + 1) * SectorSize)];
            if (part.All(value => value == 0)) return true;
        }

        // Cut off: a batch begins here, as far as there are bytes, and ends before its length.
        if (whole >= newest.Batches.Count) return altered.Length - end <= 2 && altered[end] == 0x7C && (altered.Length == end + 1 || altered[end + 1] == 0xB5);
        ReadOnlySpan<byte> tail = altered.AsSpan(end);
        int next = whole + 1 < newest.Batches.Count ? newest.Batches[whole + 1].Offset : newest.Bytes.Length;
        ReadOnlySpan<byte> genuine = newest.Bytes.AsSpan(end..next);
        bool hasHeader = tail.Length >= BatchFormat.HeaderLength;
        int known = hasHeader ? BatchFormat.HeaderLength : Math.Min(tail.Length, 2); // of a header that is cut only the marker is looked at
        return tail.Length < genuine.Length && tail[..known].SequenceEqual(genuine[..known]);
    }

    // The last one more often: there is more to get wrong.
    private static int Which(Random random) => random.Next(2) == 0 ? SegmentCount - 1 : random.Next(SegmentCount);

    private static byte[] Blanked(Random random, byte[] bytes)
    {
        byte[] blanked = [.. bytes];
        int start = random.Next(bytes.Length);
        int length = random.Next(1, 2 * SectorSize);
        if (random.Next(2) == 0) (start, length) = (start / SectorSize * SectorSize, SectorSize);
        blanked.AsSpan(start, Math.Min(length, bytes.Length - start)).Clear();
        return random.Next(2) == 0 ? blanked : blanked[..random.Next(start, bytes.Length)];
    }
}
