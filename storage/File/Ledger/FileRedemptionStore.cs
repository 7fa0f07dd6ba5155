using System.Collections.Immutable;
using System.Security.Cryptography;
using CaptchaCluster.Redemption;

namespace CaptchaCluster.Storage.File.Ledger;

/// <summary>
/// The embedded ledger: append-only segments, one sync a batch. Its owner's shard holds every redemption that is live, so
/// nothing that is asked to be recorded can be there already; what makes that so is the lock on the data directory.
/// A failed write or sync poisons it until the next start: after a failed fsync nobody can tell what the disk holds.
/// </summary>
public sealed class FileRedemptionStore : IRedemptionStore, IDisposable
{
    private readonly IDisk disk;
    private readonly FileRedemptionStoreOptions options;
    private ImmutableArray<ClosedSegment> closed;
    private SegmentBuilder active;
    private IDiskFile file;
    private long reserved; // zeros after the end of the active segment
    private UnixSeconds lastSeen;
    private RedemptionFact[] facts = new RedemptionFact[256];
    private volatile Exception? poison;

    // Replaced after every sync: what any thread may read of the disk while commits go on.
    private volatile DurableLedger durable;

    // Guards the two below it.
    private readonly Lock pinning = new();
    private readonly List<string> heldBack = [];
    private int pins;

    private FileRedemptionStore(IDisk disk, FileRedemptionStoreOptions options, LedgerRecovery.Found found, UnixSeconds now)
    {
        this.disk = disk;
        this.options = options;
        lastSeen = now;
        closed = found.Newest?.Closed ?? [];
        UnixSeconds floor = found.Newest?.IssuedFloor ?? default;
        if (options.Restored && floor < now) floor = now;

        // What the page cache says of the last segment may never have reached the disk: a failed fsync marks pages clean.
        // So nothing is answered before its redemptions are in a new file, synced.
        active = NewSegment((found.Newest?.Id ?? 0) + 1, found.Newest?.Horizon ?? default, floor, now);
        file = SegmentFiles.Create(disk, active, copy =>
        {
            foreach (RedemptionFact[] batch in found.Live.Chunk(8192)) copy.Append(active.Add(batch));
        });
        durable = new DurableLedger(closed, active.Header.Id, active.Length);
    }

    public UnixSeconds Horizon => active.Header.Horizon;

    public UnixSeconds IssuedFloor => active.Header.IssuedFloor;

    public bool CanCommit => poison is null;

    /// <summary>Recovers the ledger in a directory that this process has locked, and teaches the shard what is in it.</summary>
    /// <param name="directory">Of a <see cref="DataDirectory"/>.</param>
    /// <param name="shard">Empty.</param>
    /// <param name="options">Sizes and limits.</param>
    /// <param name="now">Wall clock.</param>
    /// <param name="notice">Hears, in one line each, what an operator should know.</param>
    /// <param name="metrics">Measures the disk.</param>
    /// <exception cref="InvalidDataException">Damaged, or from the future; the message says what to do.</exception>
    /// <exception cref="IOException">The disk fails, or is full.</exception>
    public static FileRedemptionStore Open(
        string directory,
        RedemptionShard shard,
        FileRedemptionStoreOptions options,
        UnixSeconds now,
        Action<string> notice,
        LedgerMetrics metrics) =>
        Open(new MeasuredDisk(new PosixDisk(directory), metrics), shard, options, now, notice);

    internal static FileRedemptionStore Open(
        IDisk disk, RedemptionShard shard, FileRedemptionStoreOptions options, UnixSeconds now, Action<string> notice)
    {
        LedgerRecovery.Found found = new LedgerRecovery(disk, fact => shard.Learn(fact), notice).Run();
        if (found.Newest is null && options.MustExist && !options.Restored)
        {
            throw new InvalidDataException(
                $"The ledger in '{disk.Location}' is missing, and with it what was redeemed. Bring its files back, "
                + "or start with --restored, which refuses every token issued before.");
        }

        if (found.Newest is { } newest && newest.Horizon > now + options.MaxTtlSeconds + options.MaxClockSkewSeconds)
        {
            throw new InvalidDataException(
                $"The ledger in '{disk.Location}' has forgotten tokens up to {newest.Horizon}, and the clock says {now}: one of the two is wrong. "
                + "Set the clock right and start again. If the clock ran ahead when the ledger was written, wait until it is within "
                + "Tokens:MaxTtlSeconds + Redemption:MaxClockSkewSeconds of that time, or move the ledger away and start with --restored.");
        }

        FileRedemptionStore store = new(disk, options, found, now);
        shard.RaiseHorizon(store.Horizon);
        store.Remove(found.LeftOver);
        return store;
    }

    public ValueTask CommitAsync(ReadOnlyMemory<RedemptionRequest> batch, Memory<CommitResult> results, UnixSeconds now)
    {
        Guarded(() =>
        {
            lastSeen = now;
            if (active.Records > 0 && active.Length >= options.SegmentBytes) Roll(Horizon);
            for (int done = 0; done < batch.Length; done += BatchFormat.MaxRecords)
                Append(batch.Span[done..Math.Min(batch.Length, done + BatchFormat.MaxRecords)], now);
        });
        for (int i = 0; i < batch.Length; i++)
            results.Span[i] = new CommitResult(CommitStatus.Recorded, batch.Span[i].Attempt, now);
        return ValueTask.CompletedTask;
    }

    /// <summary>All that was acknowledged so far, for any thread to copy. Also where the ledger is out of use.</summary>
    public PinnedLedger Pin()
    {
        lock (pinning)
        {
            pins++;
            return new PinnedLedger(disk, durable.Segments, Unpin);
        }
    }

    public ValueTask PurgeAsync(UnixSeconds upTo)
    {
        if (HasHeldBack) Guarded(() => Remove([]));
        if (upTo <= Horizon || !IsWorthPurging(upTo)) return ValueTask.CompletedTask;
        Guarded(() =>
        {
            // The horizon is durable in the new header before anything is dropped (I7).
            ImmutableArray<ClosedSegment> before = [.. closed, active.Close()];
            Roll(upTo);
            Remove(before.Except(closed).Select(segment => SegmentFiles.NameOf(segment.Id)));
        });
        return ValueTask.CompletedTask;
    }

    public void Dispose()
    {
        using (file)
        {
            if (poison is null) file.Trim();
        }
    }

    private bool IsWorthPurging(UnixSeconds upTo)
    {
        foreach (ClosedSegment segment in closed)
        {
            if (segment.MaxExpiry <= upTo) return true;
        }

        return active.Records > 0
            && (active.MaxExpiry <= upTo || lastSeen - active.Header.CreatedAt >= options.SegmentSeconds);
    }

    private void Append(ReadOnlySpan<RedemptionRequest> batch, UnixSeconds now)
    {
        if (facts.Length < batch.Length) facts = new RedemptionFact[Math.Max(batch.Length, facts.Length * 2)];
        for (int i = 0; i < batch.Length; i++)
        {
            ref readonly RedemptionRequest request = ref batch[i];
            facts[i] = new RedemptionFact(request.Token, request.ExpiresAt, request.Site, request.Attempt, now);
        }

        ReadOnlySpan<byte> bytes = active.Add(facts.AsSpan(0, batch.Length));
        if (reserved < bytes.Length && options.ReserveBytes > 0) file.Reserve((int)(reserved = bytes.Length + options.ReserveBytes));
        file.Append(bytes);
        reserved = Math.Max(0, reserved - bytes.Length);
        file.Sync();
        durable = new DurableLedger(closed, active.Header.Id, active.Length);
    }

    /// <summary>Closes the active segment and begins the next, which names those that are still needed under the horizon.</summary>
    private void Roll(UnixSeconds horizon)
    {
        closed = [.. closed.Append(active.Close()).Where(segment => segment.MaxExpiry > horizon)];
        SegmentBuilder next = NewSegment(active.Header.Id + 1, horizon, IssuedFloor, lastSeen);
        IDiskFile nextFile = SegmentFiles.Create(disk, next, _ => { });
        file.Trim();
        file.Dispose();
        (active, file, reserved) = (next, nextFile, 0);
        durable = new DurableLedger(closed, active.Header.Id, active.Length);
    }

    private SegmentBuilder NewSegment(long id, UnixSeconds horizon, UnixSeconds floor, UnixSeconds now) => new(new SegmentHeader
    {
        Id = id,
        Nonce = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint))),
        Horizon = horizon,
        IssuedFloor = floor,
        CreatedAt = now,
        Closed = closed,
    });

    /// <summary>To be called when what is durable no longer names them; those that are pinned wait until they are not.</summary>
    private void Remove(IEnumerable<string> names)
    {
        lock (pinning)
        {
            heldBack.AddRange(names);
            if (pins > 0) return;
            names = [.. heldBack];
            heldBack.Clear();
        }

        foreach (string name in names) disk.Delete(name);
        disk.Sync();
    }

    private bool HasHeldBack
    {
        get
        {
            lock (pinning) return pins == 0 && heldBack.Count > 0;
        }
    }

    private void Unpin()
    {
        lock (pinning) pins--;
    }

    private void Guarded(Action write)
    {
        if (poison is { } earlier) throw new UnknownOutcomeException($"The ledger is out of use since an earlier failure: {earlier.Message}", earlier);
        try
        {
            write();
        }
        catch (Exception exception)
        {
            poison = exception;
            throw new UnknownOutcomeException($"The ledger in '{disk.Location}' is out of use until a restart: {exception.Message}", exception);
        }
    }

    /// <summary>What the last sync made durable.</summary>
    private sealed record DurableLedger(ImmutableArray<ClosedSegment> Closed, long ActiveId, long ActiveLength)
    {
        public IReadOnlyList<(string Name, long Length)> Segments =>
            [.. Closed.Select(segment => (SegmentFiles.NameOf(segment.Id), segment.Length)), (SegmentFiles.NameOf(ActiveId), ActiveLength)];
    }
}
