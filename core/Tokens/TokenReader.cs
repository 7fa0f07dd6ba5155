using System.Text.Json;
using CaptchaCluster.Sites;
using Slice = CaptchaCluster.Tokens.PassToken.Slice;

namespace CaptchaCluster.Tokens;

/// <summary>Reads the members of a payload whose MAC was good. Members it does not know are passed over: a newer minter may add some.</summary>
internal static class TokenReader
{
    /// <param name="members">What follows the site: each member with the comma before it.</param>
    /// <param name="key">The key that signed it.</param>
    /// <param name="site">The site it was minted for.</param>
    public static PassToken? Read(ReadOnlySpan<byte> members, SigningKey key, SiteKey site)
    {
        if (members.IsEmpty || members[0] != (byte)',') return null;
        byte[] payload = new byte[members.Length + 1];
        members.CopyTo(payload);
        (payload[0], payload[^1]) = ((byte)'{', (byte)'}');
        try
        {
            return Read(payload, key, site);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static PassToken? Read(byte[] payload, SigningKey key, SiteKey site)
    {
        Utf8JsonReader json = new(payload);
        TokenId id = default;
        long issued = 0, expires = 0;
        Slice hostname = default, action = default, cdata = default, score = default, platform = default, address = default, uid = default;
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            byte member = json.ValueSpan.Length == 1 ? json.ValueSpan[0] : (byte)0;
            json.Read();
            switch (member)
            {
                case (byte)'j' when TokenId.TryParse(json.ValueSpan, out id):
                case (byte)'i' when json.TokenType == JsonTokenType.Number && json.TryGetInt64(out issued):
                case (byte)'e' when json.TokenType == JsonTokenType.Number && json.TryGetInt64(out expires):
                    break;
                case (byte)'j' or (byte)'i' or (byte)'e':
                    return null;
                case (byte)'h':
                    hostname = Content(ref json);
                    break;
                case (byte)'a':
                    action = Content(ref json);
                    break;
                case (byte)'c':
                    cdata = Content(ref json);
                    break;
                case (byte)'r':
                    score = Content(ref json);
                    break;
                case (byte)'p':
                    int start = (int)json.TokenStartIndex;
                    json.Skip();
                    platform = new Slice((ushort)start, (ushort)(json.BytesConsumed - start));
                    break;
                case (byte)'n':
                    address = Content(ref json);
                    break;
                case (byte)'u':
                    uid = Content(ref json);
                    break;
                default:
                    json.Skip();
                    break;
            }
        }

        if (id == default || issued <= 0 || expires <= 0 || hostname.Length == 0) return null;
        return new PassToken(payload, key)
        {
            Site = site,
            Id = id,
            IssuedAt = new UnixSeconds(issued),
            ExpiresAt = new UnixSeconds(expires),
            HostnameSlice = hostname,
            ActionSlice = action,
            CDataSlice = cdata,
            ScoreSlice = score,
            PlatformSlice = platform,
            ClientAddressSlice = address,
            UidSlice = uid,
        };
    }

    /// <summary>A string without its quotes, or a number as it stands.</summary>
    private static Slice Content(ref Utf8JsonReader json)
    {
        int start = (int)json.TokenStartIndex + (json.TokenType == JsonTokenType.String ? 1 : 0);
        return new Slice((ushort)start, (ushort)json.ValueSpan.Length);
    }
}
