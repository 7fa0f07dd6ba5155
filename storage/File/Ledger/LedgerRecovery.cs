using System.Collections.Immutable;
using CaptchaCluster.Redemption;

namespace CaptchaCluster.Storage.File.Ledger;

/// <summary>
/// Reads a ledger; changes nothing. The newest segment names all others; what it does not name was purged, or copied by an earlier
/// start, and is left over. Everything that is not exactly as it was acknowledged stops the start.
/// </summary>
internal sealed class LedgerRecovery(IDisk disk, Action<RedemptionFact> learn, Action<string> notice)
{
    private byte[] buffer = [];

    /// <summary>What was found.</summary>
    /// <param name="Newest">Header of the last segment; null where there was no ledger.</param>
    /// <param name="Live">Redemptions of the last segment that may still be asked for.</param>
    /// <param name="LeftOver">Files to remove, but not before the directory was synced: the newest segment's name may not be durable yet.</param>
    public sealed record Found(SegmentHeader? Newest, IReadOnlyList<RedemptionFact> Live, IReadOnlyList<string> LeftOver);

    /// <summary>Passes every redemption above the horizon to <c>learn</c>.</summary>
    /// <exception cref="InvalidDataException">The ledger is damaged; the message names the file, the offset and what to do.</exception>
    public Found Run()
    {
        IReadOnlyList<string> names = disk.List();
        List<string> leftOver = [.. names.Where(SegmentFiles.IsUnfinished)];
        List<long> ids = [.. names.Select(name => SegmentFiles.TryParse(name, out long id) ? id : -1).Where(id => id >= 0).Order()];
        if (ids.Count == 0) return new Found(null, [], leftOver);

        SegmentHeader newest = ReadHeader(ids[^1]);
        foreach (ClosedSegment closed in newest.Closed) LoadClosed(closed, ids, newest.Horizon);
        List<RedemptionFact> live = LoadNewest(newest);
        ImmutableHashSet<long> named = [.. newest.Closed.Select(closed => closed.Id)];
        leftOver.AddRange(ids.Where(id => !named.Contains(id)).Select(SegmentFiles.NameOf));
        return new Found(newest, live, leftOver);
    }

    private SegmentHeader ReadHeader(long id)
    {
        ReadOnlySpan<byte> file = ReadFile(id);
        SegmentHeader? header = SegmentHeader.Decode(file, out _, out _);
        return header is not null && header.Id == id ? header : throw Damaged(id, 0, "its header does not match its checksum or its name");
    }

    private void LoadClosed(ClosedSegment closed, List<long> ids, UnixSeconds horizon)
    {
        if (!ids.Contains(closed.Id))
            throw new InvalidDataException($"The ledger segment '{PathOf(closed.Id)}' is missing. {Advice}");
        SegmentSummary summary = Load(closed.Id, horizon, learn);
        if (summary.End != SegmentEnd.Whole) throw Damaged(closed.Id, summary.Length, "a batch does not match its checksum");
        if (summary.Length != closed.Length)
            throw Damaged(closed.Id, Math.Min(summary.Length, closed.Length), $"it has {summary.Length} bytes and must have {closed.Length}");
        if (summary.Chain != closed.Chain) throw Damaged(closed.Id, 0, "it is not the segment that its successor names");
    }

    private List<RedemptionFact> LoadNewest(SegmentHeader header)
    {
        List<RedemptionFact> live = [];
        SegmentSummary summary = Load(header.Id, header.Horizon, fact =>
        {
            learn(fact);
            live.Add(fact);
        });
        if (summary.End == SegmentEnd.Damaged) throw Damaged(header.Id, summary.Length, "a batch does not match its checksum");
        if (summary.End == SegmentEnd.Torn)
            notice($"The last write to '{PathOf(header.Id)}', at offset {summary.Length}, was never completed nor acknowledged; it is dropped.");
        return live;
    }

    private SegmentSummary Load(long id, UnixSeconds horizon, Action<RedemptionFact> take)
    {
        ReadOnlySpan<byte> file = ReadFile(id);
        SegmentHeader header = SegmentHeader.Decode(file, out int length, out uint crc)
            ?? throw Damaged(id, 0, "its header does not match its checksum");
        return SegmentReader.Read(SegmentReader.Written(file, length), header, length, crc, fact =>
        {
            if (fact.ExpiresAt > horizon) take(fact);
        });
    }

    private ReadOnlySpan<byte> ReadFile(long id)
    {
        int length = disk.Read(SegmentFiles.NameOf(id), ref buffer);
        return buffer.AsSpan(0, length);
    }

    private static string Advice =>
        "Restore the data directory from a backup and start with --restored, which refuses every token issued before.";

    private InvalidDataException Damaged(long id, long offset, string why) =>
        new($"The ledger segment '{PathOf(id)}' is damaged at offset {offset}: {why}. {Advice}");

    private string PathOf(long id) => Path.Combine(disk.Location, SegmentFiles.NameOf(id));
}
