using System.Globalization;

namespace CaptchaCluster.Storage.File.Ledger;

/// <summary>The names of segments, and how one comes to be: whole under its name, or not at all.</summary>
internal static class SegmentFiles
{
    private const string Prefix = "segment-";
    private const string Suffix = ".ledger";
    private const string TemporarySuffix = ".tmp";
    private const int Digits = 16;

    public static string NameOf(long id) => Prefix + id.ToString("d16", CultureInfo.InvariantCulture) + Suffix;

    public static bool TryParse(string name, out long id)
    {
        id = 0;
        return name.Length == Prefix.Length + Digits + Suffix.Length
            && name.StartsWith(Prefix, StringComparison.Ordinal)
            && name.EndsWith(Suffix, StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(Prefix.Length, Digits), NumberStyles.None, CultureInfo.InvariantCulture, out id);
    }

    public static bool IsUnfinished(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Suffix + TemporarySuffix, StringComparison.Ordinal);

    /// <summary>
    /// Writes a segment beside its name, syncs it, renames it and syncs the directory: a file under a segment's name always
    /// has its whole header, and a damaged one is damage. Returns the file, open for more.
    /// </summary>
    /// <param name="disk">Where.</param>
    /// <param name="segment">Freshly made.</param>
    /// <param name="fill">Appends what the segment is to hold from the start.</param>
    public static IDiskFile Create(IDisk disk, SegmentBuilder segment, Action<IDiskFile> fill)
    {
        string name = NameOf(segment.Header.Id);
        string temporary = name + TemporarySuffix;
        disk.Delete(temporary);
        IDiskFile file = disk.Create(temporary);
        try
        {
            file.Append(segment.EncodedHeader);
            fill(file);
            file.Sync();
            disk.Rename(temporary, name);
            disk.Sync();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
