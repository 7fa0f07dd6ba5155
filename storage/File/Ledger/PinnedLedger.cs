using CaptchaCluster.Storage.File.Backup;

namespace CaptchaCluster.Storage.File.Ledger;

/// <summary>
/// The ledger as it was durable at one moment, between two commits. Until it is disposed of none of its segments is removed;
/// commits and purges go on. Any thread may copy it: what is durable of a segment never changes.
/// </summary>
public sealed class PinnedLedger : IDisposable
{
    private const string Folder = "ledger";

    private readonly IDisk disk;
    private readonly IReadOnlyList<(string Name, long Length)> segments;
    private Action? release;

    internal PinnedLedger(IDisk disk, IReadOnlyList<(string Name, long Length)> segments, Action release)
    {
        this.disk = disk;
        this.segments = segments;
        this.release = release;
    }

    /// <summary>Copies it, and reads the copy as a start would.</summary>
    /// <exception cref="InvalidDataException">The copy would not be started: the ledger is damaged.</exception>
    public void CopyTo(BackupFolder folder)
    {
        byte[] buffer = [];
        foreach ((string name, long length) in segments)
        {
            int there = disk.Read(name, ref buffer);
            if (there < length) throw new IOException($"The ledger segment '{name}' has {there} bytes and must have {length}.");
            folder.Write($"{Folder}/{name}", buffer.AsSpan(0, (int)length));
        }

        PosixDisk copy = new(Path.Combine(folder.Root, Folder));
        LedgerRecovery.Found found = new LedgerRecovery(copy, _ => { }, notice => throw new InvalidDataException(notice)).Run();
        if (found.LeftOver.Count != 1) throw new InvalidDataException($"The copy in '{copy.Location}' is not one ledger.");
    }

    public void Dispose() => Interlocked.Exchange(ref release, null)?.Invoke();
}
