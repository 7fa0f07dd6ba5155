using CaptchaCluster.Storage.Management;

namespace CaptchaCluster.Grains.Admin;

/// <summary>A <see cref="ManagementToken"/> on the wire.</summary>
[GenerateSerializer, Immutable, Alias("captchacluster.ManagementTokenRecord")]
public sealed class ManagementTokenRecord
{
    [Id(0)]
    public required string Id { get; init; }

    [Id(1)]
    public required string Name { get; init; }

    [Id(2)]
    public required long CreatedAt { get; init; }

    [Id(3)]
    public required byte[] Hash { get; init; }

    public static ManagementTokenRecord Of(ManagementToken token) =>
        new() { Id = token.Id, Name = token.Name, CreatedAt = token.CreatedAt.Value, Hash = [.. token.Hash] };

    public ManagementToken ToToken() => new(Id, Name, new UnixSeconds(CreatedAt), [.. Hash]);
}
