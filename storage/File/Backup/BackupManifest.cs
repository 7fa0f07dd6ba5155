using System.Text.Json;
using System.Text.Json.Serialization;
using BclFile = System.IO.File;

namespace CaptchaCluster.Storage.File.Backup;

/// <summary>How far a backup is. A closed set.</summary>
internal enum BackupState
{
    /// <summary>Being written, or given up: nothing to start from.</summary>
    Unfinished,

    /// <summary>All files are there, as listed.</summary>
    Complete,

    /// <summary>A start with <c>--restored</c> has found it whole and has begun to change it.</summary>
    Restoring,
}

/// <param name="Path">Relative to the folder, with slashes.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Of all of it, in hexadecimal.</param>
internal sealed record BackupFile(string Path, long Bytes, string Sha256);

/// <summary>
/// <c>backup.json</c>: what marks a folder as a backup, so that nobody starts over it as if it were the whole. Written first,
/// as unfinished, and last, with the files.
/// </summary>
/// <param name="State">How far it is.</param>
/// <param name="BegunAt">What was acknowledged by then is in it.</param>
/// <param name="Files">With Complete.</param>
internal sealed record BackupManifest(BackupState State, DateTimeOffset BegunAt, IReadOnlyList<BackupFile> Files)
{
    public const string Name = "backup.json";

    /// <summary>Null where the folder is no backup.</summary>
    /// <exception cref="InvalidDataException">The file cannot be read.</exception>
    public static BackupManifest? Find(string folder)
    {
        string path = Path.Combine(folder, Name);
        if (!BclFile.Exists(path)) return null;
        try
        {
            return JsonSerializer.Deserialize(BclFile.ReadAllBytes(path), BackupManifestJson.Default.BackupManifest)
                ?? throw new JsonException("It is null.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"'{path}', which marks a backup, cannot be read: {exception.Message} Use another backup.", exception);
        }
    }

    public void Save(string folder) => AtomicFile.Write(
        Path.Combine(folder, Name), JsonSerializer.SerializeToUtf8Bytes(this, BackupManifestJson.Default.BackupManifest));
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(BackupManifest))]
internal sealed partial class BackupManifestJson : JsonSerializerContext;
