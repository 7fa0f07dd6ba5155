using Microsoft.Win32.SafeHandles;
using BclFile = System.IO.File;

namespace CaptchaCluster.Storage.File;

/// <summary>
/// The directory of the embedded stores, owned by one process at a time: a lock file that is never unlinked (unlinking it
/// would let two processes lock two files of one name). Local disks only: the lock and fsync of network file systems
/// promise less than they seem to.
/// </summary>
public sealed class DataDirectory : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly SafeFileHandle lockFile;

    private DataDirectory(string path, SafeFileHandle lockFile)
    {
        Root = path;
        this.lockFile = lockFile;
    }

    public string Root { get; }

    public string Ledger => Subdirectory("ledger");

    public string Sites => Subdirectory("sites");

    /// <summary>Creates the directory (0700) where it is missing, and takes its lock.</summary>
    /// <exception cref="DataDirectoryException">It cannot be used; the message is one line that says why and what to do.</exception>
    public static DataDirectory Open(string path)
    {
        string root = Path.GetFullPath(path);
        if (!OperatingSystem.IsLinux())
            throw new DataDirectoryException("The embedded store needs Linux: it relies on fsync and flock as Linux has them.");
        try
        {
            MakeDurable(root);
            TightenIfOwned(root);
            string lockPath = Path.Combine(root, "lock");
            SafeFileHandle file = Posix.OpenLockFile(lockPath);
            if (Posix.TryLock(file, lockPath)) return new DataDirectory(root, file);
            file.Dispose();
            throw new DataDirectoryException($"The data directory '{root}' is in use by another process; stop that one, or set Gateway:DataDirectory to another.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException($"The data directory '{root}' cannot be used: {exception.Message}", exception);
        }
    }

    public void Dispose() => lockFile.Dispose();

    private string Subdirectory(string name)
    {
        string path = Path.Combine(Root, name);
        MakeDurable(path);
        return path;
    }

    /// <summary>Makes a directory where it is missing. Syncs its parent either way: the start that made it may have crashed before it did.</summary>
    private static void MakeDurable(string path)
    {
        Directory.CreateDirectory(path, OwnerOnly);
        if (Path.GetDirectoryName(path) is { } parent) Posix.SyncDirectory(parent);
    }

    /// <summary>A mounted volume may belong to another user and be shared by group: then its modes are its owner's affair.</summary>
    private static void TightenIfOwned(string path)
    {
        try
        {
            BclFile.SetUnixFileMode(path, OwnerOnly);
        }
        catch (UnauthorizedAccessException)
        {
            // Not ours to change.
        }
    }
}

/// <summary>The data directory cannot be used. The message is one line that names the thing, the value and the fix.</summary>
public sealed class DataDirectoryException(string message, Exception? inner = null) : Exception(message, inner);
