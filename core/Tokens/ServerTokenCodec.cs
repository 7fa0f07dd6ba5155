using System.Text;
using System.Text.Json;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Tokens;

/// <summary>
/// Writes and reads server tokens: <c>sct_</c> before a <see cref="TokenEnvelope"/>. Their MAC has a key of its own, so that
/// neither passes for the other.
/// </summary>
/// <param name="passTokens">Whose ring and limits hold for these too: a key is not retired while one of either may live.</param>
/// <param name="clock">Wall time.</param>
public sealed class ServerTokenCodec(TokenCodec passTokens, TimeProvider clock)
{
    public const string Prefix = "sct_";

    /// <summary>Characters, the prefix included.</summary>
    public const int MaxLength = 1024;

    public TokenLimits Limits => passTokens.Limits;

    public string Issue(ServerTokenClaims claims)
    {
        SigningKey key = passTokens.Keys.Signer;
        string text = Prefix + TokenEnvelope.Seal(TokenWriter.Write(claims, key), MacPurpose.ServerToken, key, claims.Site);
        return text.Length <= MaxLength ? text : throw new ArgumentException($"The server token would have {text.Length} characters.", nameof(claims));
    }

    /// <summary>Null for anything that no issuer under today's limits made. Says nothing of expiry or uses.</summary>
    public ServerToken? Read(string text)
    {
        if (text.Length > MaxLength || !text.StartsWith(Prefix, StringComparison.Ordinal)) return null;
        byte[] wrapped = Encoding.UTF8.GetBytes(text[Prefix.Length..]);
        byte[] decoded = new byte[wrapped.Length];
        if (TokenEnvelope.Open(wrapped, decoded, passTokens.Keys, MacPurpose.ServerToken, out SignedMembers members) != TokenFlaw.None) return null;

        ServerToken? token = Read(decoded.AsSpan(members.Start, members.Length), members);
        return token is not null && Limits.Allow(token.IssuedAt, token.ExpiresAt, UnixSeconds.Now(clock)) ? token : null;
    }

    /// <summary>Null where there is not what an issuer of today writes.</summary>
    /// <param name="text">What follows the site: each member with the comma before it.</param>
    /// <param name="signed">Who signed them, and of which site they are.</param>
    private static ServerToken? Read(ReadOnlySpan<byte> text, in SignedMembers signed)
    {
        if (text.IsEmpty) return null;
        byte[] whole = [(byte)'{', .. text[1..], (byte)'}'];
        try
        {
            using JsonDocument json = JsonDocument.Parse(whole);
            ServerToken token = Read(json.RootElement, signed);
            return token.Id != default && token.MaxUses is >= 1 and <= ServerToken.MaxMaxUses ? token : null;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static ServerToken Read(JsonElement json, in SignedMembers signed) =>
        new(signed.Key, Text(json, TokenWriter.ClientAddress), Text(json, TokenWriter.Uid))
        {
            Site = signed.Site,
            Generation = new Generation(Member(json, TokenWriter.Generation).GetInt32()),
            Id = TokenId.TryParse(Encoding.UTF8.GetBytes(Member(json, TokenWriter.Id).GetString() ?? ""), out TokenId id) ? id : default,
            IssuedAt = new UnixSeconds(Member(json, TokenWriter.IssuedAt).GetInt64()),
            ExpiresAt = new UnixSeconds(Member(json, TokenWriter.ExpiresAt).GetInt64()),
            MaxUses = Member(json, TokenWriter.MaxUses).GetInt32(),
            Action = Member(json, TokenWriter.Action).GetString() ?? "",
        };

    private static JsonElement Member(JsonElement json, JsonEncodedText name) => json.GetProperty(name.EncodedUtf8Bytes);

    private static string? Text(JsonElement json, JsonEncodedText name) =>
        json.TryGetProperty(name.EncodedUtf8Bytes, out JsonElement member) ? member.GetString() : null;
}
