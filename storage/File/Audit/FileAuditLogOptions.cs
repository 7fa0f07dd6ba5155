namespace CaptchaCluster.Storage.File.Audit;

/// <summary>What an audit log may take of the disk: together <see cref="FileBytes"/> × <see cref="Files"/>.</summary>
public sealed record FileAuditLogOptions
{
    /// <summary>Bytes after which the next file is begun. Default 8 MiB.</summary>
    public int FileBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Files that are kept, the one that is being written among them; the oldest is dropped. Default 16.</summary>
    public int Files { get; init; } = 16;
}
