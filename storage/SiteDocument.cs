using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Storage;

/// <summary>A site as its file, or its row, shows it: snake case, times as ISO 8601, hashes in hexadecimal.</summary>
internal sealed record SiteDocument
{
    public required string Sitekey { get; init; }

    public required long Version { get; init; }

    public required string Name { get; init; }

    public required string[] Hostnames { get; init; }

    public required bool EnforceHostname { get; init; }

    public required IpBinding IpBinding { get; init; }

    public required int TokenTtlSeconds { get; init; }

    public required Tier Tier { get; init; }

    public required bool Disabled { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? DeletedAt { get; init; }

    public required int Generation { get; init; }

    public required string SecretSha256 { get; init; }

    public PreviousSecretDocument? PreviousSecret { get; init; }

    public RotationDocument? LastRotation { get; init; }

    public static SiteDocument Of(Site site) => new()
    {
        Sitekey = site.Key.ToString(),
        Version = site.Version,
        Name = site.Policy.Name,
        Hostnames = [.. site.Policy.Hostnames.Select(hostname => hostname.ToString())],
        EnforceHostname = site.Policy.EnforceHostname,
        IpBinding = site.Policy.IpBinding,
        TokenTtlSeconds = site.Policy.TokenTtlSeconds,
        Tier = site.Policy.Tier,
        Disabled = site.Policy.Disabled,
        CreatedAt = site.CreatedAt.ToDateTimeOffset(),
        DeletedAt = site.DeletedAt?.ToDateTimeOffset(),
        Generation = site.Generation.Value,
        SecretSha256 = Hex(site.SecretHash),
        PreviousSecret = site.Previous is { } previous
            ? new PreviousSecretDocument(previous.Generation.Value, Hex(previous.Hash), previous.ValidUntil.ToDateTimeOffset())
            : null,
        LastRotation = site.LastRotation is { } rotation
            ? new RotationDocument(
                Hex(rotation.IdHash),
                rotation.Generation.Value,
                Hex(rotation.SealedSecret),
                rotation.ForgetAt.ToDateTimeOffset(),
                rotation.OldSecretExpiresAt?.ToDateTimeOffset())
            : null,
    };

    /// <exception cref="FormatException">A member has a value that no site has.</exception>
    public Site ToSite() => new()
    {
        Key = SiteKey.TryParse(Sitekey, out SiteKey key) ? key : throw new FormatException($"\"sitekey\" is '{Sitekey}'."),
        Version = Version > 0 ? Version : throw new FormatException($"\"version\" is {Version}."),
        Policy = new SitePolicy
        {
            Name = Name,
            Hostnames = [.. Hostnames.Select(text =>
                Hostname.TryParse(text, out Hostname hostname) ? hostname : throw new FormatException($"\"hostnames\" has '{text}'."))],
            EnforceHostname = EnforceHostname,
            IpBinding = Enum.IsDefined(IpBinding) ? IpBinding : throw new FormatException($"\"ip_binding\" is {IpBinding}."),
            TokenTtlSeconds = TokenTtlSeconds > 0 ? TokenTtlSeconds : throw new FormatException($"\"token_ttl_seconds\" is {TokenTtlSeconds}."),
            Tier = Enum.IsDefined(Tier) ? Tier : throw new FormatException($"\"tier\" is {Tier}."),
            Disabled = Disabled,
        },
        CreatedAt = Time(CreatedAt),
        DeletedAt = Time(DeletedAt),
        Generation = new Generation(Generation > 0 ? Generation : throw new FormatException($"\"generation\" is {Generation}.")),
        SecretHash = DeletedAt is null ? Hash(SecretSha256) : [],
        Previous = PreviousSecret is { } previous
            ? new PreviousSecret(
                new Generation(previous.Generation > 0 && previous.Generation < Generation
                    ? previous.Generation
                    : throw new FormatException($"\"previous_secret\" is of generation {previous.Generation}, and the secret of {Generation}.")),
                Hash(previous.SecretSha256),
                Time(previous.ValidUntil))
            : null,
        LastRotation = LastRotation is { } rotation
            ? new RotationReceipt
            {
                IdHash = Hash(rotation.RotationIdHash),
                Generation = new Generation(rotation.Generation > 0 && rotation.Generation <= Generation
                    ? rotation.Generation
                    : throw new FormatException($"\"last_rotation\" made generation {rotation.Generation}, and the secret is of {Generation}.")),
                SealedSecret = [.. Convert.FromHexString(rotation.SealedSecret)],
                OldSecretExpiresAt = Time(rotation.OldSecretExpiresAt),
                ForgetAt = Time(rotation.ForgetAt),
            }
            : null,
    };

    private static string Hex(ImmutableArray<byte> bytes) => Convert.ToHexStringLower(bytes.AsSpan());

    private static ImmutableArray<byte> Hash(string hex) =>
        hex.Length == SiteSecret.HashSize * 2
            ? [.. Convert.FromHexString(hex)]
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"a hash has {hex.Length} digits."));

    private static UnixSeconds Time(DateTimeOffset time) => new(time.ToUnixTimeSeconds());

    private static UnixSeconds? Time(DateTimeOffset? time) => time is { } value ? Time(value) : null;
}

internal sealed record PreviousSecretDocument(int Generation, string SecretSha256, DateTimeOffset ValidUntil);

// The end of the old secret is left out after an immediate rotation; without a default it would be demanded on reading.
internal sealed record RotationDocument(
    string RotationIdHash, int Generation, string SealedSecret, DateTimeOffset ForgetAt, DateTimeOffset? OldSecretExpiresAt = null);

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SiteDocument))]
internal sealed partial class SiteDocumentContext : JsonSerializerContext;
