using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using CaptchaCluster.Storage.File;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Gateway.Keys;

/// <summary>
/// The key ring of a single node, <c>keys.json</c> in its data directory: made on the first start, readable by its owner
/// only. To change the signer, add a key to <c>keys</c>, restart, then name it as <c>signing_key</c> and restart.
/// </summary>
internal static class KeyRingFile
{
    public const string Name = "keys.json";

    private const string Form = """{"signing_key":"<kid>","keys":{"<kid>":"<base64>"}}""";

    /// <param name="directory">The data directory.</param>
    /// <param name="mayCreate">False where tokens may be out that only the ring that is gone can tell from forgeries.</param>
    /// <exception cref="InvalidDataException">The file is missing or not a key ring; the message names it, and shows no key.</exception>
    public static KeyRing LoadOrCreate(string directory, bool mayCreate)
    {
        string path = Path.Combine(directory, Name);
        if (!File.Exists(path))
        {
            if (!mayCreate) throw Missing(path);
            Create(path);
        }

        return Load(path);
    }

    private static InvalidDataException Missing(string path) => new(
        $"The key ring '{path}' is missing although there are sites: tokens under way could not be verified. "
        + "Bring it back from a backup, or set Tokens:Keys; "
        + "with --restored a new one is made, and every token issued so far is refused.");

    private static KeyRing Load(string path)
    {
        try
        {
            Content? content = JsonSerializer.Deserialize(File.ReadAllBytes(path), KeyRingJson.Default.Content);

            // The serializer refuses null for members, but neither for the whole nor inside the dictionary.
            if (content is null || content.Keys.ContainsValue(null)) throw new JsonException("null stands where a value must.");
            return new KeyRing(content.Keys!, content.SigningKey);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            string detail = exception is ArgumentException ? exception.Message : $"It is not of the form {Form}.";
            throw new InvalidDataException(
                $"The key ring '{path}' cannot be used. {detail} Bring it back from a backup, or set Tokens:Keys.", exception);
        }
    }

    private static void Create(string path)
    {
        string id = RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", KeyRing.MaxKeyIdLength);
        Content content = new(id, new Dictionary<string, byte[]?> { [id] = RandomNumberGenerator.GetBytes(SigningKey.Size) });
        AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(content, KeyRingJson.Default.Content));
    }

    internal sealed record Content(string SigningKey, Dictionary<string, byte[]?> Keys);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    WriteIndented = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(KeyRingFile.Content))]
internal sealed partial class KeyRingJson : JsonSerializerContext;
