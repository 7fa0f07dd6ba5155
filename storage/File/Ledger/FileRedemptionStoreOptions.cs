namespace CaptchaCluster.Storage.File.Ledger;

public sealed record FileRedemptionStoreOptions
{
    private readonly int? segmentSeconds;

    /// <summary>Seconds; with <see cref="MaxClockSkewSeconds"/> bounds how far ahead an honest horizon can be. Default 7200.</summary>
    public int MaxTtlSeconds { get; init; } = 7200;

    /// <summary>Seconds. Default 300.</summary>
    public int MaxClockSkewSeconds { get; init; } = 300;

    /// <summary>Bytes after which a segment is closed and the next begun. Default 16 MiB.</summary>
    public int SegmentBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// Bytes of zeros that are written ahead of the batches, as often as they are used up: over them a sync takes a third less
    /// time. Given back when a segment is closed. Default 128 KiB.
    /// </summary>
    public int ReserveBytes { get; init; } = 128 * 1024;

    /// <summary>
    /// Seconds after which a segment that holds redemptions is closed, so that it can be dropped whole. Default a fifth of
    /// <see cref="MaxClockSkewSeconds"/>, from 1 to 60: forgetting is coarse by that much, and rolling costs two syncs.
    /// </summary>
    public int SegmentSeconds { get => segmentSeconds ?? Math.Clamp(MaxClockSkewSeconds / 5, 1, 60); init => segmentSeconds = value; }

    /// <summary>There was a ledger here before, so an empty directory is a loss, not a beginning. Default false.</summary>
    public bool MustExist { get; init; }

    /// <summary>
    /// The ledger came from a backup (<c>--restored</c>): redemptions made after the backup are missing from it, so every
    /// token issued until now is refused from now on.
    /// </summary>
    public bool Restored { get; init; }
}
