using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using CaptchaCluster.Storage.File;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Gateway.Keys;

/// <summary>
/// The key ring of a single node, <c>keys.json</c> in its data directory: made on the first start, readable by its owner
/// only, replaced whole.
/// </summary>
internal sealed class KeyRingFile
{
    public const string Name = "keys.json";

    private const string Form = """{"signing_key":"<kid>","keys":{"<kid>":"<base64>"}}""";

    private readonly string path;

    /// <param name="directory">The data directory.</param>
    public KeyRingFile(string directory) => path = Path.Combine(directory, Name);

    /// <param name="mayCreate">False where tokens may be out that only the ring that is gone can tell from forgeries.</param>
    /// <param name="now">Wall clock.</param>
    /// <exception cref="InvalidDataException">The file is missing or not a key ring; the message names it, and shows no key.</exception>
    public RotatingKeys LoadOrCreate(bool mayCreate, UnixSeconds now)
    {
        if (File.Exists(path)) return Load(now);
        if (!mayCreate) throw Missing();
        RotatingKeys keys = new(new KeyRing(NewKey()), ImmutableDictionary<string, UnixSeconds?>.Empty);
        Save(keys);
        return keys;
    }

    /// <summary>Returns once a crash cannot undo it. Throws <see cref="IOException"/>: then the old or the new ring may be found after a restart.</summary>
    public void Save(RotatingKeys keys) => AtomicFile.Write(path, Encode(keys));

    /// <summary>What is secret in it is not hashed.</summary>
    public static byte[] Encode(RotatingKeys keys) => JsonSerializer.SerializeToUtf8Bytes(
        new Content(
            keys.Ring.Signer.Id,
            keys.Ring.Keys.ToDictionary(key => key.Id, key => (byte[]?)key.CopySecret()),
            keys.SignedUntil.ToDictionary(entry => entry.Key, entry => entry.Value?.ToDateTimeOffset())),
        KeyRingJson.Default.Content);

    public static SigningKey NewKey() => new(
        RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", KeyRing.MaxKeyIdLength),
        RandomNumberGenerator.GetBytes(SigningKey.Size));

    private RotatingKeys Load(UnixSeconds now)
    {
        try
        {
            Content? content = JsonSerializer.Deserialize(File.ReadAllBytes(path), KeyRingJson.Default.Content);

            // The serializer refuses null for members, but neither for the whole nor inside the dictionary.
            if (content is null || content.Keys.ContainsValue(null)) throw new JsonException("null stands where a value must.");
            return WithTimes(new KeyRing(content.Keys!, content.SigningKey), content.SignedUntil ?? [], now);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            string detail = exception is ArgumentException ? exception.Message : $"It is not of the form {Form}.";
            throw new InvalidDataException(
                $"The key ring '{path}' cannot be used. {detail} Bring it back from a backup, or set Tokens:Keys.", exception);
        }
    }

    /// <summary>
    /// A ring that was changed by hand, or by an earlier version, does not say when its keys stopped signing: they may have
    /// signed until this start. That is saved, so that the next start does not put it off again.
    /// </summary>
    private RotatingKeys WithTimes(KeyRing ring, Dictionary<string, DateTimeOffset?> signedUntil, UnixSeconds now)
    {
        ImmutableDictionary<string, UnixSeconds?> known = ring.Keys.Where(key => key != ring.Signer).ToImmutableDictionary(
            key => key.Id,
            key => signedUntil.TryGetValue(key.Id, out DateTimeOffset? until)
                ? until is { } time ? new UnixSeconds(time.ToUnixTimeSeconds()) : null
                : (UnixSeconds?)now);
        RotatingKeys keys = new(ring, known);
        if (!known.Keys.ToHashSet().SetEquals(signedUntil.Keys)) Save(keys);
        return keys;
    }

    private InvalidDataException Missing() => new(
        $"The key ring '{path}' is missing although there are sites: tokens under way could not be verified. "
        + "Bring it back from a backup, or set Tokens:Keys; "
        + "with --restored a new one is made, and every token issued so far is refused.");

    /// <param name="SigningKey">Id of the signer.</param>
    /// <param name="Keys">By id.</param>
    /// <param name="SignedUntil">Of every key but the signer; null: it never signed. Rings of earlier versions lack it.</param>
    internal sealed record Content(
        string SigningKey, Dictionary<string, byte[]?> Keys, Dictionary<string, DateTimeOffset?>? SignedUntil = null);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    WriteIndented = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(KeyRingFile.Content))]
internal sealed partial class KeyRingJson : JsonSerializerContext;
