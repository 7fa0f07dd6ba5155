using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using CaptchaCluster.Storage.Management;
using BclFile = System.IO.File;

namespace CaptchaCluster.Storage.File;

/// <summary>
/// <c>management-tokens.json</c> in the data directory: hashes, readable by its owner only, replaced whole. Not in backups.
/// Changes are made one at a time: persist, publish, in that order, so that a token that was revoked is refused from the
/// moment the revocation returns, and after any crash.
/// </summary>
public sealed class ManagementTokenFile : IManagementTokenStore
{
    public const string Name = "management-tokens.json";

    private readonly Lock oneAtATime = new();
    private readonly string path;
    private ManagementToken[] current;

    private ManagementTokenFile(string path, bool restored)
    {
        this.path = path;
        current = BclFile.Exists(path) && !restored ? Load() : [];
        if (restored && BclFile.Exists(path)) Save([]);
    }

    /// <param name="directory">A data directory that this process has locked.</param>
    /// <param name="restored">It came back from a backup.</param>
    /// <exception cref="InvalidDataException">It cannot be read; the message names it and the way out.</exception>
    public static ManagementTokenFile Open(string directory, bool restored) => new(Path.Combine(directory, Name), restored);

    public ValueTask<IReadOnlyList<ManagementToken>> ReadAsync() => new(Volatile.Read(ref current));

    public ValueTask<bool> TryAddAsync(ManagementToken token, int maxCount)
    {
        lock (oneAtATime)
        {
            if (current.Length >= maxCount) return new(false);
            Change([.. current, token]);
            return new(true);
        }
    }

    public ValueTask<bool> RemoveAsync(string id)
    {
        lock (oneAtATime)
        {
            if (current.All(token => token.Id != id)) return new(false);
            Change([.. current.Where(token => token.Id != id)]);
            return new(true);
        }
    }

    private void Change(ManagementToken[] tokens)
    {
        Save(tokens);
        Volatile.Write(ref current, tokens);
    }

    private ManagementToken[] Load()
    {
        try
        {
            Content[] content = JsonSerializer.Deserialize(BclFile.ReadAllBytes(path), ManagementTokenJson.Default.ContentArray)
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

    // Returns once a crash cannot undo it.
    private void Save(ManagementToken[] tokens) => AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(
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
