namespace CaptchaCluster.Storage.File.Audit;

/// <summary>Of an audit log, which takes at most <see cref="FileBytes"/> × <see cref="Files"/> of the disk.</summary>
public sealed record FileAuditLogOptions
{
    /// <summary>Bytes after which the next file is begun. Default 8 MiB.</summary>
    public int FileBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Files that are kept, the one that is being written among them; the oldest is dropped. Default 16.</summary>
    public int Files { get; init; } = 16;

    /// <summary>What this process is called in entries that do not say who wrote them; null: nothing, as nobody else writes here. Default null.</summary>
    public string? Node { get; init; }
}
