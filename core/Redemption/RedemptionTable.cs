using System.Runtime.InteropServices;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Redemption;

/// <summary>
/// The redemptions of tokens of about one expiry. Entries are only ever added; the table is dropped whole. Extendible
/// hashing: a directory of chunks, each an open-addressed array that doubles up to <see cref="MaxSlots"/> and then splits
/// in two, so that no insertion moves more than one chunk's entries however large the table is (I10: 36 bytes a slot, at
/// least 42 % full once past the first few: under 86 bytes a redemption).
/// Token ids are uniformly random, so their bits are the hash.
/// </summary>
internal sealed class RedemptionTable
{
    private const int MinSlots = 16;
    private const int MaxSlots = 16_384;
    private const double MaxLoad = 0.85;

    private Chunk[] directory = [new Chunk(depth: 0, MinSlots)];
    private int depth;

    public long Count { get; private set; }

    public bool TryGet(TokenId id, out AttemptKey attempt, out UnixSeconds at)
    {
        ref Entry entry = ref ChunkOf(id).Find(id);
        attempt = new AttemptKey(entry.AttemptHigh, entry.AttemptLow);
        at = new UnixSeconds(entry.At);
        return !entry.IsFree;
    }

    /// <summary>False where the id is there already; the entry is left as it is.</summary>
    public bool TryAdd(TokenId id, AttemptKey attempt, UnixSeconds at)
    {
        Chunk chunk = ChunkOf(id);
        if (chunk.IsFull)
        {
            MakeRoom(chunk, id);
            chunk = ChunkOf(id);
        }

        ref Entry entry = ref chunk.Find(id);
        if (!entry.IsFree) return false;
        entry = new Entry(id, attempt, at);
        chunk.Count++;
        Count++;
        return true;
    }

    private Chunk ChunkOf(TokenId id) => directory[IndexOf(id.Low)];

    private int IndexOf(ulong low) => depth == 0 ? 0 : (int)(low >> (64 - depth));

    private void MakeRoom(Chunk full, TokenId id)
    {
        if (full.SlotCount < MaxSlots)
        {
            full.Grow();
            return;
        }

        if (full.Depth == depth)
        {
            Chunk[] wider = new Chunk[directory.Length * 2];
            for (int i = 0; i < directory.Length; i++) wider[2 * i] = wider[(2 * i) + 1] = directory[i];
            directory = wider;
            depth++;
        }

        (Chunk zero, Chunk one) = full.Split();
        int span = 1 << (depth - full.Depth);
        int first = IndexOf(id.Low) & ~(span - 1);
        for (int i = 0; i < span; i++) directory[first + i] = i < span / 2 ? zero : one;
    }

    private sealed class Chunk(int depth, int slotCount)
    {
        private Entry[] slots = new Entry[slotCount];

        public int Depth => depth;

        public int Count { get; set; }

        public int SlotCount => slots.Length;

        public bool IsFull => Count >= (int)(slots.Length * MaxLoad);

        /// <summary>The entry of this id, or the free slot where it would go.</summary>
        public ref Entry Find(TokenId id)
        {
            int mask = slots.Length - 1;
            for (int i = (int)id.High & mask; ; i = (i + 1) & mask)
            {
                ref Entry entry = ref slots[i];
                if (entry.IsFree || (entry.IdLow == id.Low && entry.IdHigh == id.High)) return ref entry;
            }
        }

        public void Grow()
        {
            Entry[] old = slots;
            slots = new Entry[old.Length * 2];
            foreach (ref Entry entry in old.AsSpan())
            {
                if (!entry.IsFree) Find(entry.Id) = entry;
            }
        }

        public (Chunk Zero, Chunk One) Split()
        {
            Chunk zero = new(depth + 1, slots.Length);
            Chunk one = new(depth + 1, slots.Length);
            foreach (ref Entry entry in slots.AsSpan())
            {
                if (entry.IsFree) continue;
                Chunk target = ((entry.IdLow >> (63 - depth)) & 1) == 0 ? zero : one;
                target.Find(entry.Id) = entry;
                target.Count++;
            }

            return (zero, one);
        }
    }

    /// <summary>36 bytes: packed to 4, as a redemption's time fits 32 bits until 2106.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private readonly struct Entry(TokenId id, AttemptKey attempt, UnixSeconds at)
    {
        public readonly ulong IdHigh = id.High;
        public readonly ulong IdLow = id.Low;
        public readonly ulong AttemptHigh = attempt.High;
        public readonly ulong AttemptLow = attempt.Low;
        public readonly uint At = at.Value is > 0 and <= uint.MaxValue
            ? (uint)at.Value
            : throw new ArgumentOutOfRangeException(nameof(at), at.Value, "no time of a redemption");

        /// <summary>A redemption always has a time: one at 0 would be lost (I1).</summary>
        public bool IsFree => At == 0;

        public TokenId Id => new(IdHigh, IdLow);
    }
}
