using System.Text.Json;
using CaptchaCluster.Storage.File.Backup;

namespace CaptchaCluster.Gateway.Admin.Backup;

/// <summary>Lets a backup be made.</summary>
/// <param name="backup">Null where what there is to back up is in a database.</param>
internal sealed class BackupCalls(NodeBackup? backup)
{
    private const int MaxFolderLength = 512;

    public async ValueTask<AdminReply> MakeAsync(string none, JsonMembers body)
    {
        string? folder = body.Text("folder", 1, MaxFolderLength);
        if (folder is null) body.Refuse("folder", "given");
        else if (folder.Any(char.IsControl)) body.Refuse("folder", "without control characters");
        if (body.RefuseUnknown() is { } problem) return AdminError.BadRequest(problem);
        if (backup is null) return AdminError.BackupByDatabase;
        return await backup.RunAsync(folder!) switch
        {
            BackupResult.Made made => new BackupReply(made),
            BackupResult.Busy => AdminError.BackupRunning,
            BackupResult.Obstructed { Obstacle: BackupObstacle.NotEmpty } => AdminError.FolderNotEmpty,
            BackupResult.Obstructed obstructed => AdminError.BadRequest($"'folder' must be {Allowed(obstructed.Obstacle)}."),
            BackupResult.Failed failed => AdminError.BackupFailed(failed),
            var other => throw new InvalidOperationException($"{other.GetType()} is not a result of a backup."),
        };
    }

    private static string Allowed(BackupObstacle obstacle) => obstacle switch
    {
        BackupObstacle.NotAbsolute => "an absolute path on the node's machine",
        BackupObstacle.ParentMissing => "an empty folder, or a new one in a folder that is there",
        BackupObstacle.NotAFolder => "a folder, and this is a file",
        BackupObstacle.InsideDataDirectory => "outside the data directory",
        _ => throw new ArgumentOutOfRangeException(nameof(obstacle), obstacle, "nothing that a caller can mend"),
    };
}

internal sealed record BackupReply(BackupResult.Made Made) : AdminReply(StatusCodes.Status201Created)
{
    public override string? Target => Made.Folder;

    public override void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("folder"u8, Made.Folder);
        json.WriteString("begun_at"u8, Made.BegunAt.ToString());
        json.WriteNumber("files"u8, Made.Files);
        json.WriteNumber("bytes"u8, Made.Bytes);
        json.WriteNumber("sites"u8, Made.Sites);
        json.WriteString("warning"u8, "It is as secret as the data directory: it holds the keys that are in there. Start from it with --restored."u8);
        json.WriteEndObject();
    }
}
