using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using CaptchaCluster.Storage.File;

namespace CaptchaCluster.Gateway.Management;

/// <summary>
/// <c>management-tokens.json</c> in the data directory: hashes, readable by its owner only, replaced whole. Not in backups,
/// and emptied by a restored start: an older copy would bring back what was revoked since.
/// </summary>
internal sealed class ManagementTokenFile(string directory)
{
    public const string Name = "management-tokens.json";

    private readonly string path = Path.Combine(directory, Name);

    /// <exception cref="InvalidDataException">It cannot be read; the message names it and the way out.</exception>
    public ImmutableArray<ManagementToken> Load(bool restored)
    {
        if (!File.Exists(path)) return [];
        if (restored)
        {
            Save([]);
            return [];
        }

        try
        {
            Content[] content = JsonSerializer.Deserialize(File.ReadAllBytes(path), ManagementTokenJson.Default.ContentArray)
                ?? throw new JsonException("null stands where a value must.");
            return [.. content.Select(token => token.Sha256.Length == SHA256.HashSizeInBytes
                ? new ManagementToken(token.Id, token.Name, new UnixSeconds(token.CreatedAt.ToUnixTimeSeconds()), [.. token.Sha256])
                : throw new JsonException("a hash has the wrong length."))];
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException(
                $"The management tokens in '{path}' cannot be read. Delete the file, and make new ones through the admin API.", exception);
        }
    }

    /// <summary>Returns once a crash cannot undo it. Throws <see cref="IOException"/>: then the old or the new ones may be found after a restart.</summary>
    public void Save(ImmutableArray<ManagementToken> tokens) => AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(
        [.. tokens.Select(token => new Content(token.Id, token.Name, token.CreatedAt.ToDateTimeOffset(), [.. token.Hash]))],
        ManagementTokenJson.Default.ContentArray));

    internal sealed record Content(string Id, string Name, DateTimeOffset CreatedAt, byte[] Sha256);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    WriteIndented = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ManagementTokenFile.Content[]))]
internal sealed partial class ManagementTokenJson : JsonSerializerContext;
