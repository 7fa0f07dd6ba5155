using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CaptchaCluster.Tokens;

/// <summary>
/// What stands in a token, genuine or not, for people who want to know what is wrong with it. Nothing may be decided by it:
/// for that there is <see cref="TokenCodec"/>, which believes nothing before the MAC was found good.
/// </summary>
public sealed record TokenContent
{
    [JsonPropertyName("k")]
    public string? KeyId { get; init; }

    [JsonPropertyName("s")]
    public string? SiteKey { get; init; }

    [JsonPropertyName("j")]
    public string? Id { get; init; }

    /// <summary>Unix seconds, as <see cref="ExpiresAt"/>.</summary>
    [JsonPropertyName("i")]
    public long? IssuedAt { get; init; }

    [JsonPropertyName("e")]
    public long? ExpiresAt { get; init; }

    [JsonPropertyName("h")]
    public string? Hostname { get; init; }

    [JsonPropertyName("a")]
    public string? Action { get; init; }

    [JsonPropertyName("c")]
    public string? CData { get; init; }

    [JsonPropertyName("r")]
    public double? Score { get; init; }

    [JsonPropertyName("p")]
    public PlatformContent? Platform { get; init; }

    [JsonPropertyName("n")]
    public string? ClientAddressHash { get; init; }

    [JsonPropertyName("u")]
    public string? UidHash { get; init; }

    /// <summary>Null where the text holds nothing of the kind.</summary>
    public static TokenContent? Read(string token)
    {
        try
        {
            return JsonSerializer.Deserialize(Base64Url.DecodeFromChars(token), TokenContentJson.Default.TokenContent);
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            return null;
        }
    }
}

/// <summary>As <see cref="PlatformClaims"/>.</summary>
public sealed record PlatformContent
{
    [JsonPropertyName("game_id")]
    public string? GameId { get; init; }

    [JsonPropertyName("score")]
    public double? Score { get; init; }

    [JsonPropertyName("duration_ms")]
    public long? DurationMilliseconds { get; init; }
}

[JsonSerializable(typeof(TokenContent))]
internal sealed partial class TokenContentJson : JsonSerializerContext;
