using CaptchaCluster.Sites;

namespace CaptchaCluster.Grains.Sites;

/// <summary>A <see cref="RotationReceipt"/> on the wire.</summary>
[GenerateSerializer, Immutable, Alias("captchacluster.RotationRecord")]
public sealed class RotationRecord
{
    [Id(0)]
    public required byte[] IdHash { get; init; }

    [Id(1)]
    public required int Generation { get; init; }

    [Id(2)]
    public required byte[] SealedSecret { get; init; }

    [Id(3)]
    public long? OldSecretExpiresAt { get; init; }

    [Id(4)]
    public required long ForgetAt { get; init; }

    public static RotationRecord Of(RotationReceipt receipt) => new()
    {
        IdHash = [.. receipt.IdHash],
        Generation = receipt.Generation.Value,
        SealedSecret = [.. receipt.SealedSecret],
        OldSecretExpiresAt = receipt.OldSecretExpiresAt?.Value,
        ForgetAt = receipt.ForgetAt.Value,
    };

    public RotationReceipt ToReceipt() => new()
    {
        IdHash = [.. IdHash],
        Generation = new Generation(Generation),
        SealedSecret = [.. SealedSecret],
        OldSecretExpiresAt = OldSecretExpiresAt is { } time ? new UnixSeconds(time) : null,
        ForgetAt = new UnixSeconds(ForgetAt),
    };
}
