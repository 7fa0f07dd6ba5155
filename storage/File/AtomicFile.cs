using Microsoft.Win32.SafeHandles;
using BclFile = System.IO.File;

namespace CaptchaCluster.Storage.File;

/// <summary>Small files that are replaced whole: after a crash at any instant there is the old content or the new, never a mixture.</summary>
public static class AtomicFile
{
    private const string TemporarySuffix = ".tmp";

    /// <summary>
    /// Writes beside, syncs, renames over, syncs the directory. The file is readable by its owner only. Throws
    /// <see cref="IOException"/>: then the old or the new content may be there after a restart.
    /// </summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        string temporary = path + TemporarySuffix;
        BclFile.Delete(temporary);
        using (SafeFileHandle file = Posix.CreateFile(temporary))
        {
            RandomAccess.Write(file, content, fileOffset: 0);
            Posix.Sync(file, temporary);
        }

        BclFile.Move(temporary, path, overwrite: true);
        Posix.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Removes what a crash left half written. Only for the directory's one owner.</summary>
    public static void RemoveLeftovers(string directory)
    {
        foreach (string leftover in Directory.EnumerateFiles(directory, "*" + TemporarySuffix)) BclFile.Delete(leftover);
    }
}
