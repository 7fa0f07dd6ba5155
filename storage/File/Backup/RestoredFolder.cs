using System.Globalization;
using System.Security.Cryptography;
using BclFile = System.IO.File;

namespace CaptchaCluster.Storage.File.Backup;

/// <summary>
/// What a start makes of a data directory that a backup made. Tokens that were redeemed after the backup are not in its
/// ledger, so it is started only by somebody who says that he knows, and then every token issued before is refused (I1).
/// </summary>
public sealed class RestoredFolder
{
    private readonly string root;

    private RestoredFolder(string root) => this.root = root;

    /// <summary>Null where the directory is no backup.</summary>
    /// <param name="root">A data directory that this process has locked.</param>
    /// <param name="restored">Whether the start was told so.</param>
    /// <exception cref="InvalidDataException">It must not be started, or not so; the message is one line that says what to do.</exception>
    public static RestoredFolder? Open(string root, bool restored)
    {
        if (BackupManifest.Find(root) is not { } manifest) return null;
        string begun = manifest.BegunAt.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        if (manifest.State == BackupState.Unfinished)
            throw new InvalidDataException($"The data directory '{root}' is an unfinished backup, begun at {begun}, and cannot be started. Use another backup.");
        if (!restored)
        {
            throw new InvalidDataException(
                $"The data directory '{root}' is a backup of {begun}: it does not know what was redeemed since. "
                + "Start with --restored, which refuses every token issued before.");
        }

        if (manifest.State == BackupState.Complete)
        {
            Check(root, manifest);
            (manifest with { State = BackupState.Restoring, Files = [] }).Save(root);
        }

        return new RestoredFolder(root);
    }

    /// <summary>It is a data directory like any other now. To be called once the ledger itself refuses the old tokens, durably.</summary>
    public void Release()
    {
        BclFile.Delete(Path.Combine(root, BackupManifest.Name));
        Posix.SyncDirectory(root);
    }

    private static void Check(string root, BackupManifest manifest)
    {
        foreach (BackupFile file in manifest.Files)
        {
            string path = Path.Combine(root, file.Path);
            if (!BclFile.Exists(path)) throw Damaged(root, $"'{file.Path}' is missing");
            using FileStream content = BclFile.OpenRead(path);
            if (content.Length != file.Bytes) throw Damaged(root, $"'{file.Path}' has {content.Length} bytes and must have {file.Bytes}");
            if (Convert.ToHexStringLower(SHA256.HashData(content)) != file.Sha256) throw Damaged(root, $"'{file.Path}' does not match its checksum");
        }

        // As where a backup was copied over a data directory: then a ledger would be put together from two.
        HashSet<string> known = [.. manifest.Files.Select(file => Path.Combine(root, file.Path))];
        foreach (string path in Directory.EnumerateDirectories(root).SelectMany(Directory.EnumerateFiles))
        {
            if (!known.Contains(path)) throw Damaged(root, $"'{Path.GetRelativePath(root, path)}' is not part of it; copy the backup into an empty folder");
        }
    }

    private static InvalidDataException Damaged(string root, string why) =>
        new($"The backup in '{root}' is not as it was made: {why}. Use another copy of it, or another backup.");
}
