using System.Buffers;
using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Tokens;

/// <summary>The names of a token's members, and the writing of everything before its MAC.</summary>
internal static class TokenWriter
{
    public static readonly JsonEncodedText Id = JsonEncodedText.Encode("j");
    public static readonly JsonEncodedText IssuedAt = JsonEncodedText.Encode("i");
    public static readonly JsonEncodedText ExpiresAt = JsonEncodedText.Encode("e");
    public static readonly JsonEncodedText Hostname = JsonEncodedText.Encode("h");
    public static readonly JsonEncodedText Action = JsonEncodedText.Encode("a");
    public static readonly JsonEncodedText CData = JsonEncodedText.Encode("c");
    public static readonly JsonEncodedText Score = JsonEncodedText.Encode("r");
    public static readonly JsonEncodedText Platform = JsonEncodedText.Encode("p");
    public static readonly JsonEncodedText ClientAddress = JsonEncodedText.Encode("n");
    public static readonly JsonEncodedText Uid = JsonEncodedText.Encode("u");
    public static readonly JsonEncodedText Generation = JsonEncodedText.Encode("g");
    public static readonly JsonEncodedText MaxUses = JsonEncodedText.Encode("x");

    // Only what JSON and HTML need is escaped: a token has little room.
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
        SkipValidation = true,
    };

    /// <summary>The bytes that the MAC covers: the object without its last member and closing brace.</summary>
    public static byte[] Write(TokenClaims claims, SigningKey key)
    {
        ArrayBufferWriter<byte> buffer = new(512);
        using Utf8JsonWriter json = new(buffer, Options);
        WriteHead(json, key, claims.Site);
        json.WriteString(Id, claims.Id.ToString());
        json.WriteNumber(IssuedAt, claims.IssuedAt.Value);
        json.WriteNumber(ExpiresAt, claims.ExpiresAt.Value);
        json.WriteString(Hostname, claims.Hostname.ToString());
        if (!string.IsNullOrEmpty(claims.Action)) json.WriteString(Action, claims.Action);
        if (!string.IsNullOrEmpty(claims.CData)) json.WriteString(CData, claims.CData);
        if (claims.Score is { } score) json.WriteNumber(Score, score);
        if (claims.Platform is { } platform) WritePlatform(json, platform);
        WriteBindings(json, claims.Site, claims.ClientAddress, claims.Uid, key);
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>
    /// As <see cref="Write(TokenClaims, SigningKey)"/>, for a server token: its action, address and user are named as there,
    /// and are those of what is minted for it.
    /// </summary>
    public static byte[] Write(ServerTokenClaims claims, SigningKey key)
    {
        ArrayBufferWriter<byte> buffer = new(512);
        using Utf8JsonWriter json = new(buffer, Options);
        WriteHead(json, key, claims.Site);
        json.WriteString(Id, claims.Id.ToString());
        json.WriteNumber(IssuedAt, claims.IssuedAt.Value);
        json.WriteNumber(ExpiresAt, claims.ExpiresAt.Value);
        json.WriteNumber(Generation, claims.Generation.Value);
        json.WriteNumber(MaxUses, claims.MaxUses);
        json.WriteString(Action, claims.Action);
        WriteBindings(json, claims.Site, claims.ClientAddress, claims.Uid, key);
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteHead(Utf8JsonWriter json, SigningKey key, SiteKey site)
    {
        json.WriteStartObject();
        json.WriteNumber("v"u8, 1);
        json.WriteString("k"u8, key.IdUtf8);
        json.WriteString("s"u8, site.ToString());
    }

    private static void WritePlatform(Utf8JsonWriter json, PlatformClaims platform)
    {
        json.WriteStartObject(Platform);
        json.WriteString("game_id"u8, platform.GameId);
        if (platform.Score is { } score) json.WriteNumber("score"u8, score);
        else json.WriteNull("score"u8);
        if (platform.DurationMilliseconds is { } duration) json.WriteNumber("duration_ms"u8, duration);
        else json.WriteNull("duration_ms"u8);
        json.WriteEndObject();
    }

    private static void WriteBindings(Utf8JsonWriter json, SiteKey site, IPAddress? clientAddress, string? uid, SigningKey key)
    {
        Span<byte> hash = stackalloc byte[BindingHash.TextLength];
        if (clientAddress is not null)
        {
            BindingHash.Compute(key, site, clientAddress, hash);
            json.WriteString(ClientAddress, hash);
        }

        if (!string.IsNullOrEmpty(uid))
        {
            BindingHash.Compute(key, site, uid, hash);
            json.WriteString(Uid, hash);
        }
    }
}
