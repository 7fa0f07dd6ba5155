using System.Text.Json;
using CaptchaCluster.Gateway.Keys;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Gateway.Admin;

/// <summary>A signing key by its name; nothing of the key itself (I11).</summary>
internal sealed record KeyReply(int Status, RotatingKeys Keys, SigningKey Key, TokenLimits Limits) : AdminReply(Status)
{
    public override string? Target => Key.Id;

    public override void WriteTo(Utf8JsonWriter json) => Write(json, Keys, Key, Limits);

    /// <summary>The times are left out with the signer, and with a key that never signed.</summary>
    public static void Write(Utf8JsonWriter json, RotatingKeys keys, SigningKey key, TokenLimits limits)
    {
        bool signs = key == keys.Ring.Signer;
        json.WriteStartObject();
        json.WriteString("kid"u8, key.Id);
        json.WriteBoolean("signs"u8, signs);
        if (!signs && keys.OutOfUseFrom(key, limits) is { } from)
        {
            json.WriteString("signed_until"u8, keys.SignedUntil[key.Id].ToString());
            json.WriteString("out_of_use_from"u8, from.ToString());
        }

        json.WriteEndObject();
    }
}

internal sealed record KeyListReply(RotatingKeys Keys, TokenLimits Limits) : AdminReply(StatusCodes.Status200OK)
{
    public override void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("keys"u8);
        foreach (SigningKey key in Keys.Ring.Keys) KeyReply.Write(json, Keys, key, Limits);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
