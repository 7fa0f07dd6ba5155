using System.Globalization;
using CaptchaCluster.Storage.Audit;
using Microsoft.Win32.SafeHandles;
using BclFile = System.IO.File;

namespace CaptchaCluster.Storage.File.Audit;

/// <summary>The names of an audit log's files, and how they are read: line by line, never whole.</summary>
internal static class AuditFiles
{
    public const string Active = "audit.log";

    private const string Prefix = "audit-";
    private const string Suffix = ".log";
    private const int BufferSize = 64 * 1024;

    /// <param name="line">Without its end.</param>
    /// <returns>False to hear no more.</returns>
    public delegate bool LineReader(ReadOnlySpan<byte> line);

    /// <param name="first">Sequence of its first entry.</param>
    public static string NameOfClosed(long first) => Prefix + first.ToString("d16", CultureInfo.InvariantCulture) + Suffix;

    /// <summary>Those that are full, oldest first.</summary>
    public static IReadOnlyList<(string Path, long First)> ListClosed(string directory) =>
    [
        .. Directory.EnumerateFiles(directory, $"{Prefix}*{Suffix}")
            .Select(path => (Path: path, First: FirstOf(Path.GetFileName(path))))
            .Where(file => file.First > 0)
            .OrderBy(file => file.First),
    ];

    public static SafeFileHandle OpenForReading(string path) => BclFile.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Passes on every line that has an end, and returns where the last end is.</summary>
    /// <param name="file">Open for reading.</param>
    /// <param name="length">Bytes to look at.</param>
    /// <param name="read">Hears the lines; of one that is too long to be an entry at most a piece.</param>
    public static long ReadLines(SafeFileHandle file, long length, LineReader read)
    {
        byte[] buffer = new byte[BufferSize];
        int held = 0;
        long position = 0, ended = 0;
        while (position < length)
        {
            int got = RandomAccess.Read(file, buffer.AsSpan(held, (int)Math.Min(buffer.Length - held, length - position)), position);
            if (got == 0) break;
            position += got;
            held += got;
            int begin = 0;
            for (int end; (end = buffer.AsSpan(begin, held - begin).IndexOf((byte)'\n')) >= 0; begin += end + 1)
            {
                ended = position - held + begin + end + 1;
                if (!read(buffer.AsSpan(begin, end))) return ended;
            }

            if (held - begin > AuditEntry.MaxLength) begin = held;
            buffer.AsSpan(begin, held - begin).CopyTo(buffer);
            held -= begin;
        }

        return ended;
    }

    private static long FirstOf(string name) =>
        long.TryParse(name.AsSpan(Prefix.Length, name.Length - Prefix.Length - Suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long first)
            ? first
            : 0;
}
