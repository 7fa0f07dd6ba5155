using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CaptchaCluster.Storage.File;

/// <summary>
/// The calls of libc that the BCL lacks or whose errors it hides: .NET's <c>FlushToDisk</c> and <c>Flush(true)</c> swallow
/// EIO and ENOSPC on Linux, and it cannot sync a directory at all.
/// </summary>
internal static partial class Posix
{
    private const int EINTR = 4;
    private const int EWOULDBLOCK = 11;
    private const int CloseOnExec = 0x80000; // O_RDONLY | O_CLOEXEC: the same on every Linux architecture .NET runs on
    private const int ReadWriteCreate = 2 | 0x40; // O_RDWR | O_CREAT
    private const int WriteNew = 1 | 0x40 | 0x80; // O_WRONLY | O_CREAT | O_EXCL
    private const int OwnerOnly = 0x180; // 0600
    private const int ExclusiveNonBlocking = 2 | 4; // LOCK_EX | LOCK_NB

    /// <summary>Makes a file's bytes and length durable, or throws <see cref="IOException"/> with the errno.</summary>
    public static void Sync(SafeFileHandle file, string path)
    {
        while (FSync(file) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != EINTR) throw Failure("fsync", path, error);
        }
    }

    /// <summary>As <see cref="Sync"/>, where nothing but bytes within the file's length has changed.</summary>
    public static void SyncData(SafeFileHandle file, string path)
    {
        while (FDataSync(file) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != EINTR) throw Failure("fdatasync", path, error);
        }
    }

    /// <summary>Makes the creation, renaming and removal of a directory's entries durable, or throws <see cref="IOException"/>.</summary>
    public static void SyncDirectory(string path)
    {
        int descriptor = Open(path, CloseOnExec);
        if (descriptor < 0) throw Failure("open", path, Marshal.GetLastPInvokeError());
        using SafeFileHandle directory = new(descriptor, ownsHandle: true);
        Sync(directory, path);
    }

    /// <summary>A new file for its owner only, from its first moment on; fails where the name is taken.</summary>
    public static SafeFileHandle CreateFile(string path)
    {
        int descriptor = Open(path, WriteNew | CloseOnExec, OwnerOnly);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Failure("open", path, Marshal.GetLastPInvokeError());
    }

    /// <summary>
    /// Opens a file for <see cref="TryLock"/>, made where it is missing. The BCL's open would take a shared lock of its own:
    /// it fails with a message that fits no lock file, and two processes that start at once would keep each other out.
    /// </summary>
    public static SafeFileHandle OpenLockFile(string path)
    {
        int descriptor = Open(path, ReadWriteCreate | CloseOnExec, OwnerOnly);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Failure("open", path, Marshal.GetLastPInvokeError());
    }

    /// <summary>Takes the lock on an open file for this process; false where another holds it.</summary>
    public static bool TryLock(SafeFileHandle file, string path)
    {
        if (FLock(file, ExclusiveNonBlocking) == 0) return true;
        int error = Marshal.GetLastPInvokeError();
        return error == EWOULDBLOCK ? false : throw Failure("flock", path, error);
    }

    /// <summary>Of what is there: absolute, without links.</summary>
    public static string RealPath(string path) => RealPath(path, 0) ?? throw Failure("realpath", path, Marshal.GetLastPInvokeError());

    private static IOException Failure(string call, string path, int error) =>
        new($"{call} of '{path}' failed: {Marshal.GetPInvokeErrorMessage(error)} (errno {error}).", error);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FLock(SafeFileHandle file, int operation);

    // Allocates what it returns, which is freed on the way.
    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial string? RealPath(string path, nint resolved);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode = 0);
}
