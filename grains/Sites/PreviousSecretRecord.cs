using CaptchaCluster.Sites;

namespace CaptchaCluster.Grains.Sites;

/// <summary>A <see cref="PreviousSecret"/> on the wire.</summary>
[GenerateSerializer, Immutable, Alias("captchacluster.PreviousSecretRecord")]
public sealed class PreviousSecretRecord
{
    [Id(0)]
    public required int Generation { get; init; }

    [Id(1)]
    public required byte[] Hash { get; init; }

    [Id(2)]
    public required long ValidUntil { get; init; }

    public static PreviousSecretRecord Of(PreviousSecret previous) =>
        new() { Generation = previous.Generation.Value, Hash = [.. previous.Hash], ValidUntil = previous.ValidUntil.Value };

    public PreviousSecret ToPreviousSecret() => new(new Generation(Generation), [.. Hash], new UnixSeconds(ValidUntil));
}
