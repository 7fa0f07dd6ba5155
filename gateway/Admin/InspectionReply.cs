using System.Text.Json;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Gateway.Admin;

/// <summary>What became of a token. A closed set.</summary>
internal enum TokenState
{
    /// <summary>It is no token of ours, so there is nothing to know.</summary>
    Unknown,

    Unspent,
    Redeemed,
    Expired,
}

/// <summary>A token's members, as far as they are there, and what became of it.</summary>
/// <param name="Flaw">Why it is none of ours.</param>
/// <param name="Content">What anybody may have written, unless there is no flaw; null where the text holds nothing of the kind.</param>
/// <param name="State">As of some moment during the call.</param>
/// <param name="RedeemedAt">With Redeemed.</param>
internal sealed record InspectionReply(TokenFlaw Flaw, TokenContent? Content, TokenState State, UnixSeconds RedeemedAt = default)
    : AdminReply(StatusCodes.Status200OK)
{
    private static readonly UnixSeconds LastTime = new(DateTimeOffset.MaxValue.ToUnixTimeSeconds());

    public override void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteBoolean("mac_ok"u8, Flaw is TokenFlaw.None or TokenFlaw.ImplausibleMembers);
        if (WordOf(Flaw) is { } flaw) json.WriteString("flaw"u8, flaw);
        json.WriteString("state"u8, WordOf(State));
        if (State == TokenState.Redeemed) json.WriteString("redeemed_at"u8, RedeemedAt.ToString());
        if (Content is not null) Write(json, Content);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, TokenContent content)
    {
        WriteText(json, "kid", content.KeyId);
        WriteText(json, "sitekey", content.SiteKey);
        WriteText(json, "token_id", content.Id);
        WriteTime(json, "issued_at", content.IssuedAt);
        WriteTime(json, "expires_at", content.ExpiresAt);
        WriteText(json, "hostname", content.Hostname);
        WriteText(json, "action", content.Action);
        WriteText(json, "cdata", content.CData);
        if (content.Score is { } score && double.IsFinite(score)) json.WriteNumber("score"u8, score);
        if (content.Platform is { } platform) Write(json, platform);
        json.WriteBoolean("binds_client_ip"u8, content.ClientAddressHash is not null);
        json.WriteBoolean("binds_uid"u8, content.UidHash is not null);
    }

    // As verification shows it: every member, null where there is none.
    private static void Write(Utf8JsonWriter json, PlatformContent platform)
    {
        json.WriteStartObject("platform"u8);
        json.WriteString("game_id"u8, platform.GameId);
        if (platform.Score is { } score && double.IsFinite(score)) json.WriteNumber("score"u8, score);
        else json.WriteNull("score"u8);
        if (platform.DurationMilliseconds is { } duration) json.WriteNumber("duration_ms"u8, duration);
        else json.WriteNull("duration_ms"u8);
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null) json.WriteString(name, text);
    }

    // In a forged token a time may be any number.
    private static void WriteTime(Utf8JsonWriter json, string name, long? seconds)
    {
        if (seconds is { } value && value >= 0 && value <= LastTime.Value) json.WriteString(name, new UnixSeconds(value).ToString());
    }

    private static string? WordOf(TokenFlaw flaw) => flaw switch
    {
        TokenFlaw.None => null,
        TokenFlaw.NotAToken => "not-a-token",
        TokenFlaw.UnknownKey => "unknown-key",
        TokenFlaw.WrongMac => "wrong-mac",
        TokenFlaw.ImplausibleMembers => "implausible-members",
        _ => throw new ArgumentOutOfRangeException(nameof(flaw), flaw, "not a flaw"),
    };

    private static string WordOf(TokenState state) => state switch
    {
        TokenState.Unknown => "unknown",
        TokenState.Unspent => "unspent",
        TokenState.Redeemed => "redeemed",
        TokenState.Expired => "expired",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "not a state"),
    };
}
