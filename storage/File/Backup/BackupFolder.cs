using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using BclFile = System.IO.File;

namespace CaptchaCluster.Storage.File.Backup;

/// <summary>Why a folder cannot take a backup. A closed set.</summary>
public enum BackupObstacle
{
    None,
    NotAbsolute,
    ParentMissing,
    NotAFolder,
    InsideDataDirectory,
    NotEmpty,
}

/// <summary>
/// A folder that a backup is written into, laid out as a data directory. For its owner's eyes only, as it is as secret as one.
/// Until <see cref="Complete"/> it is marked as unfinished.
/// </summary>
public sealed class BackupFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const int ChunkSize = 1024 * 1024;

    private readonly bool isOurs;
    private readonly DateTimeOffset begunAt;
    private readonly CancellationToken stop;
    private readonly List<string> made = [];
    private readonly List<BackupFile> files = [];
    private readonly HashSet<string> directories = [];

    private BackupFolder(string path, bool isOurs, UnixSeconds begunAt, CancellationToken stop)
    {
        Root = path;
        this.isOurs = isOurs;
        this.begunAt = begunAt.ToDateTimeOffset();
        this.stop = stop;
    }

    public string Root { get; }

    public int FileCount => files.Count;

    public long Bytes => files.Sum(file => file.Bytes);

    /// <summary>Looks, and changes nothing.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="dataDirectory">Where from.</param>
    public static BackupObstacle ObstacleTo(string path, string dataDirectory)
    {
        if (!Path.IsPathFullyQualified(path)) return BackupObstacle.NotAbsolute;
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (BclFile.Exists(path)) return BackupObstacle.NotAFolder;
        string? parent = Path.GetDirectoryName(path);
        if (parent is null || !Directory.Exists(parent)) return parent is null ? BackupObstacle.NotEmpty : BackupObstacle.ParentMissing;
        bool exists = Directory.Exists(path);
        string real = exists ? Posix.RealPath(path) : Path.Combine(Posix.RealPath(parent), Path.GetFileName(path));
        string data = Posix.RealPath(dataDirectory);
        if (real == data || real.StartsWith(data + "/", StringComparison.Ordinal)) return BackupObstacle.InsideDataDirectory;
        return exists && Directory.EnumerateFileSystemEntries(path).Any() ? BackupObstacle.NotEmpty : BackupObstacle.None;
    }

    /// <param name="path">Nothing stands in its way: <see cref="ObstacleTo"/>.</param>
    /// <param name="begunAt">Wall clock.</param>
    /// <param name="stop">Makes everything throw that takes time.</param>
    public static BackupFolder Create(string path, UnixSeconds begunAt, CancellationToken stop)
    {
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        BackupFolder folder = new(path, !Directory.Exists(path), begunAt, stop);
        try
        {
            Directory.CreateDirectory(path, OwnerOnly);
            BclFile.SetUnixFileMode(path, OwnerOnly);
            Posix.SyncDirectory(Path.GetDirectoryName(path)!);
            new BackupManifest(BackupState.Unfinished, folder.begunAt, []).Save(path);
            return folder;
        }
        catch
        {
            folder.Abandon();
            throw;
        }
    }

    /// <param name="name">Relative, with slashes; at most one folder deep.</param>
    /// <param name="content">All of it.</param>
    public void Write(string name, ReadOnlySpan<byte> content)
    {
        using SafeFileHandle file = NewFile(name, out string path);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int done = 0; done < content.Length; done += ChunkSize)
        {
            stop.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> chunk = content[done..Math.Min(content.Length, done + ChunkSize)];
            RandomAccess.Write(file, chunk, done);
            hash.AppendData(chunk);
        }

        Add(name, file, path, content.Length, hash);
    }

    /// <summary>Copies the first bytes of a file, which is at least that long.</summary>
    public void Copy(string name, SafeFileHandle from, long length)
    {
        using SafeFileHandle file = NewFile(name, out string path);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] chunk = new byte[(int)Math.Min(length, ChunkSize)];
        for (long done = 0; done < length;)
        {
            stop.ThrowIfCancellationRequested();
            int read = RandomAccess.Read(from, chunk.AsSpan(0, (int)Math.Min(chunk.Length, length - done)), done);
            if (read == 0) throw new IOException($"What was copied to '{path}' became shorter meanwhile.");
            RandomAccess.Write(file, chunk.AsSpan(0, read), done);
            hash.AppendData(chunk, 0, read);
            done += read;
        }

        Add(name, file, path, length, hash);
    }

    /// <summary>From now on it can be started from. Returns once it is durable.</summary>
    public void Complete()
    {
        foreach (string directory in directories) Posix.SyncDirectory(directory);
        stop.ThrowIfCancellationRequested();
        new BackupManifest(BackupState.Complete, begunAt, files).Save(Root);
    }

    /// <summary>Removes all that was written; what cannot be removed stays, marked as unfinished.</summary>
    /// <returns>Whether nothing stays.</returns>
    public bool Abandon()
    {
        try
        {
            foreach (string path in made) BclFile.Delete(path);
            foreach (string directory in directories) Directory.Delete(directory);
            AtomicFile.RemoveLeftovers(Root);
            BclFile.Delete(Path.Combine(Root, BackupManifest.Name));
            if (isOurs) Directory.Delete(Root);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return !Directory.Exists(Root);
        }
    }

    private SafeFileHandle NewFile(string name, out string path)
    {
        stop.ThrowIfCancellationRequested();
        path = Path.Combine(Root, name);
        string directory = Path.GetDirectoryName(path)!;
        if (directory != Root && directories.Add(directory)) Directory.CreateDirectory(directory, OwnerOnly);
        made.Add(path);
        return Posix.CreateFile(path);
    }

    private void Add(string name, SafeFileHandle file, string path, long length, IncrementalHash hash)
    {
        Posix.Sync(file, path);
        files.Add(new BackupFile(name, length, Convert.ToHexStringLower(hash.GetHashAndReset())));
    }
}
