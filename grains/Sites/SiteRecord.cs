using CaptchaCluster.Sites;

namespace CaptchaCluster.Grains.Sites;

/// <summary>A site on the wire. Enumerations go by name. Members are added with new ids, and none is given another meaning.</summary>
[GenerateSerializer, Immutable, Alias("captchacluster.SiteRecord")]
public sealed class SiteRecord
{
    [Id(0)]
    public required byte[] Key { get; init; }

    [Id(1)]
    public required long Version { get; init; }

    [Id(2)]
    public required string Name { get; init; }

    [Id(3)]
    public required string[] Hostnames { get; init; }

    [Id(4)]
    public required bool EnforceHostname { get; init; }

    [Id(5)]
    public required string IpBinding { get; init; }

    [Id(6)]
    public required int TokenTtlSeconds { get; init; }

    [Id(7)]
    public required string Tier { get; init; }

    [Id(8)]
    public required bool Disabled { get; init; }

    [Id(9)]
    public required int Generation { get; init; }

    [Id(10)]
    public required byte[] SecretHash { get; init; }

    [Id(11)]
    public PreviousSecretRecord? Previous { get; init; }

    [Id(12)]
    public RotationRecord? LastRotation { get; init; }

    [Id(13)]
    public required long CreatedAt { get; init; }

    [Id(14)]
    public long? DeletedAt { get; init; }

    public static SiteRecord Of(Site site)
    {
        byte[] key = new byte[SiteKey.Size];
        site.Key.Write(key);
        return new SiteRecord
        {
            Key = key,
            Version = site.Version,
            Name = site.Policy.Name,
            Hostnames = [.. site.Policy.Hostnames.Select(hostname => hostname.ToString())],
            EnforceHostname = site.Policy.EnforceHostname,
            IpBinding = site.Policy.IpBinding.ToString(),
            TokenTtlSeconds = site.Policy.TokenTtlSeconds,
            Tier = site.Policy.Tier.ToString(),
            Disabled = site.Policy.Disabled,
            Generation = site.Generation.Value,
            SecretHash = [.. site.SecretHash],
            Previous = site.Previous is { } previous ? PreviousSecretRecord.Of(previous) : null,
            LastRotation = site.LastRotation is { } rotation ? RotationRecord.Of(rotation) : null,
            CreatedAt = site.CreatedAt.Value,
            DeletedAt = site.DeletedAt?.Value,
        };
    }

    /// <exception cref="FormatException">It was made by a node that knows more than this one.</exception>
    public Site ToSite() => new()
    {
        Key = SiteKey.Read(Key),
        Version = Version,
        Policy = new SitePolicy
        {
            Name = Name,
            Hostnames = [.. Hostnames.Select(HostnameOf)],
            EnforceHostname = EnforceHostname,
            IpBinding = NamedBy<IpBinding>(IpBinding),
            TokenTtlSeconds = TokenTtlSeconds,
            Tier = NamedBy<Tier>(Tier),
            Disabled = Disabled,
        },
        Generation = new Generation(Generation),
        SecretHash = [.. SecretHash],
        Previous = Previous?.ToPreviousSecret(),
        LastRotation = LastRotation?.ToReceipt(),
        CreatedAt = new UnixSeconds(CreatedAt),
        DeletedAt = DeletedAt is { } time ? new UnixSeconds(time) : null,
    };

    private static Hostname HostnameOf(string text) => Hostname.TryParse(text, out Hostname hostname) ? hostname : throw new FormatException($"'{text}' is no hostname.");

    private static T NamedBy<T>(string name)
        where T : struct, Enum =>
        Enum.TryParse(name, out T value) ? value : throw new FormatException($"'{name}' is no {typeof(T).Name}.");
}
