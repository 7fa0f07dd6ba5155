using System.Buffers;
using System.Text.Json;
using CaptchaCluster.Storage.Audit;
using CaptchaCluster.Storage.File.Backup;
using Microsoft.Win32.SafeHandles;
using BclFile = System.IO.File;

namespace CaptchaCluster.Storage.File.Audit;

/// <summary>
/// What was done to a node, as lines of JSON in <c>audit.log</c>: append-only, numbered without a gap, one sync for all that
/// arrived during the last one. A full file is renamed after its first number, and the oldest dropped. What a failed write
/// left behind the last durable line is cut off by the next write.
/// </summary>
public sealed class FileAuditLog : IAuditLog, IDisposable
{
    private readonly string directory;
    private readonly string path;
    private readonly FileAuditLogOptions options;
    private readonly ArrayBufferWriter<byte> lines = new(4096);

    // Guards the queue, and what is durable.
    private readonly Lock gate = new();
    private List<Pending> queue = [];
    private bool isWriting;
    private long length;
    private long last;

    // Held while files change their names, and while readers open them; taken before the gate.
    private readonly Lock naming = new();
    private SafeFileHandle file;
    private long first;

    // Of whoever writes.
    private List<Pending> batch = [];
    private bool mustCut;
    private bool mustSyncName;
    private volatile bool isFailing;

    private FileAuditLog(string directory, FileAuditLogOptions options, Action<string> notice)
    {
        this.directory = directory;
        this.options = options;
        path = Path.Combine(directory, AuditFiles.Active);
        file = BclFile.Exists(path) ? BclFile.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite) : Posix.CreateFile(path);
        try
        {
            Recover(notice);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Sequence of the newest durable entry.</summary>
    public long Last
    {
        get
        {
            lock (gate) return last;
        }
    }

    public bool IsFailing => isFailing;

    /// <param name="directory">A data directory that this process has locked.</param>
    /// <param name="options">Limits.</param>
    /// <param name="notice">Hears, in one line each, what an operator should know.</param>
    /// <exception cref="IOException">The disk fails.</exception>
    public static FileAuditLog Open(string directory, FileAuditLogOptions options, Action<string> notice) => new(directory, options, notice);

    public Task<long> AppendAsync(AuditEntry entry)
    {
        Pending pending = new(entry.Node is null && options.Node is { } node ? entry with { Node = node } : entry);
        lock (gate)
        {
            queue.Add(pending);
            if (isWriting) return pending.Task;
            isWriting = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(log => log.WriteQueued(), this, preferLocal: false);
        return pending.Task;
    }

    ValueTask<AuditPage> IAuditLog.ReadAsync(long? after, int limit) => new(Read(after, limit));

    /// <inheritdoc cref="IAuditLog.ReadAsync"/>
    public AuditPage Read(long? after, int limit)
    {
        List<SafeFileHandle> files;
        long durable, oldest, newest;
        lock (naming)
        {
            lock (gate) (durable, newest) = (length, last);
            after ??= Math.Max(0, newest - limit);
            List<(string Path, long First)> kept = [.. AuditFiles.ListClosed(directory), (path, first)];
            oldest = kept[0].First;
            int start = Math.Max(0, kept.FindLastIndex(file => file.First <= after + 1));
            files = [.. kept[start..].Select(file => AuditFiles.OpenForReading(file.Path))];
        }

        List<ReadOnlyMemory<byte>> entries = [];
        foreach (SafeFileHandle open in files)
        {
            using (open) Collect(open, open == files[^1] ? durable : RandomAccess.GetLength(open), after.Value, limit, entries);
        }

        return new AuditPage(entries, oldest, newest);
    }

    /// <summary>Copies every entry that is durable by now.</summary>
    public void CopyTo(BackupFolder folder)
    {
        List<(string Name, SafeFileHandle File, long Length)> files;
        lock (naming)
        {
            files = [.. AuditFiles.ListClosed(directory).Select(closed => Open(closed.Path, null))];
            lock (gate) files.Add(Open(path, length));
        }

        try
        {
            foreach ((string name, SafeFileHandle open, long bytes) in files) folder.Copy(name, open, bytes);
        }
        finally
        {
            foreach ((_, SafeFileHandle open, _) in files) open.Dispose();
        }

        static (string Name, SafeFileHandle File, long Length) Open(string path, long? length)
        {
            SafeFileHandle open = AuditFiles.OpenForReading(path);
            return (Path.GetFileName(path), open, length ?? RandomAccess.GetLength(open));
        }
    }

    /// <summary>To be called when nothing more is appended.</summary>
    public void Dispose() => file.Dispose();

    private static void Collect(SafeFileHandle file, long length, long after, int limit, List<ReadOnlyMemory<byte>> entries)
    {
        if (entries.Count >= limit) return;
        AuditFiles.ReadLines(file, length, line =>
        {
            if (AuditEntry.TryReadSequence(line, out long sequence) && sequence > after && IsJson(line)) entries.Add(line.ToArray());
            return entries.Count < limit;
        });
    }

    private static bool IsJson(ReadOnlySpan<byte> line)
    {
        try
        {
            Utf8JsonReader reader = new(line);
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Finds the number to go on with. What follows the last line's end was never acknowledged.</summary>
    private void Recover(Action<string> notice)
    {
        long there = RandomAccess.GetLength(file);
        long damaged = 0;
        length = AuditFiles.ReadLines(file, there, line =>
        {
            if (!AuditEntry.TryReadSequence(line, out long sequence)) damaged++;
            else (first, last) = (first == 0 ? sequence : first, sequence);
            return true;
        });
        if (damaged > 0) notice($"{damaged} lines of the audit log '{path}' are damaged; they stay as they are, and are left out when it is read.");
        if (there > length)
        {
            notice($"The last write to the audit log '{path}', at offset {length}, was never completed nor acknowledged; it is dropped.");
            RandomAccess.SetLength(file, length);
        }

        if (first == 0) first = (last = LastOfClosed()) + 1;
        Posix.Sync(file, path);
        Posix.SyncDirectory(directory);
    }

    private long LastOfClosed()
    {
        if (AuditFiles.ListClosed(directory) is not [.., var newest]) return 0;
        using SafeFileHandle closed = AuditFiles.OpenForReading(newest.Path);
        long found = newest.First;
        AuditFiles.ReadLines(closed, RandomAccess.GetLength(closed), line =>
        {
            if (AuditEntry.TryReadSequence(line, out long sequence)) found = sequence;
            return true;
        });
        return found;
    }

    private void WriteQueued()
    {
        lock (gate) (queue, batch) = (batch, queue);
        Exception? failure = null;
        long sequence = last;
        try
        {
            WriteBatch();
        }
        catch (Exception exception)
        {
            failure = new IOException($"The audit log '{path}' cannot be written: {exception.Message}", exception);
        }

        isFailing = failure is not null;
        foreach (Pending pending in batch) pending.Complete(++sequence, failure);
        batch.Clear();
        lock (gate)
        {
            isWriting = queue.Count > 0;
            if (!isWriting) return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(log => log.WriteQueued(), this, preferLocal: false);
    }

    private void WriteBatch()
    {
        lines.ResetWrittenCount();
        long sequence = last;
        foreach (Pending pending in batch) pending.Entry.WriteTo(lines, ++sequence);
        if (mustCut) RandomAccess.SetLength(file, length);
        if (length > 0 && length + lines.WrittenCount > options.FileBytes) BeginNextFile();
        if (mustSyncName) Posix.SyncDirectory(directory);
        mustSyncName = false;
        mustCut = true;
        RandomAccess.Write(file, lines.WrittenSpan, length);
        Posix.Sync(file, path);
        mustCut = false;
        lock (gate) (length, last) = (length + lines.WrittenCount, sequence);
    }

    private void BeginNextFile()
    {
        string temporary = path + ".tmp";
        BclFile.Delete(temporary);
        SafeFileHandle next = Posix.CreateFile(temporary); // a full disk stops here, with nothing changed
        try
        {
            lock (naming)
            {
                BclFile.Move(path, Path.Combine(directory, AuditFiles.NameOfClosed(first)), overwrite: true);
                BclFile.Move(temporary, path, overwrite: true);
                file.Dispose();
                file = next;
                lock (gate) length = 0;
                first = last + 1;
                mustSyncName = true;
                IReadOnlyList<(string Path, long First)> closed = AuditFiles.ListClosed(directory);
                foreach ((string oldest, _) in closed.Take(closed.Count - options.Files + 1)) BclFile.Delete(oldest);
            }
        }
        catch when (file != next)
        {
            next.Dispose();
            throw;
        }
    }

    private sealed class Pending(AuditEntry entry)
    {
        private readonly TaskCompletionSource<long> done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public AuditEntry Entry => entry;

        public Task<long> Task => done.Task;

        public void Complete(long sequence, Exception? failure)
        {
            if (failure is null) done.SetResult(sequence);
            else done.SetException(failure);
        }
    }
}
