using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using CaptchaCluster.Gateway.Admin;
using CaptchaCluster.Gateway.Dialects.Requests;
using CaptchaCluster.Tokens;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace CaptchaCluster.Gateway.Dialects.CaptchaLa;

/// <summary>
/// What a site's server wants a server token for. Its documentation has a form and <c>bind_ip</c>, its SDKs have JSON and
/// <c>binding_ip</c>: both are read, as are numbers sent as text. What is not known is ignored.
/// </summary>
internal sealed record ServerTokenRequest(string Action, int TtlSeconds, int MaxUses, IPAddress? ClientAddress, string? Uid)
{
    private const int DefaultTtlSeconds = 300;
    private const int MaxUidLength = 256;

    /// <summary>The fields by name, in any case; null where they cannot be read, or a field is there twice.</summary>
    /// <param name="kind">How they are encoded: a form or JSON.</param>
    /// <param name="body">All of it.</param>
    public static Dictionary<string, string>? Parse(MediaKind kind, byte[] body)
    {
        Dictionary<string, string> fields = new(StringComparer.OrdinalIgnoreCase);
        if (!Utf8.IsValid(body)) return null;
        return (kind == MediaKind.Json ? TakeJson(body, fields) : TakeForm(Encoding.UTF8.GetString(body), fields)) ? fields : null;
    }

    /// <summary>Null where a field is wrong.</summary>
    /// <param name="fields">By name.</param>
    /// <param name="maxTtlSeconds">A longer life is cut to this: the peer's "hard cap".</param>
    /// <param name="problem">Which is wrong, and what is allowed: ASCII that needs no escapes in JSON.</param>
    public static ServerTokenRequest? Read(Dictionary<string, string> fields, int maxTtlSeconds, out string problem)
    {
        problem = "";
        string? action = fields.GetValueOrDefault("action");
        if (action is not { Length: > 0 and <= TokenLimits.MaxActionLength }) problem = ServerTokenReplies.InvalidAction;
        else if (!TryReadNumber(fields, "ttl", DefaultTtlSeconds, out long ttl)) problem = "ttl must be a number of seconds, at least 1";
        else if (!TryReadNumber(fields, "max_uses", 1, out long maxUses) || maxUses > ServerToken.MaxMaxUses)
            problem = $"max_uses must be from 1 to {ServerToken.MaxMaxUses}";
        else if (!TryReadAddress(fields, out IPAddress? address)) problem = "binding_ip (or bind_ip) must be one IPv4 or IPv6 address";
        else if (fields.TryGetValue("bind_uid", out string? uid) && uid.Length is 0 or > MaxUidLength)
            problem = $"bind_uid must have 1 to {MaxUidLength} characters";
        else return new ServerTokenRequest(action, (int)Math.Min(ttl, maxTtlSeconds), (int)maxUses, address, uid);
        return null;
    }

    private static bool TryReadNumber(Dictionary<string, string> fields, string name, long none, out long number)
    {
        number = none;
        return !fields.TryGetValue(name, out string? text)
            || (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= 1);
    }

    // An empty one is wrong, not absent: a server that lost its visitor's address would get a token for everybody.
    private static bool TryReadAddress(Dictionary<string, string> fields, out IPAddress? address)
    {
        address = null;
        foreach (string name in new[] { "binding_ip", "bind_ip" })
        {
            if (!fields.TryGetValue(name, out string? text)) continue;
            if (!Verification.ClientAddress.TryParse(text, out IPAddress given)) return false;
            if (address is not null && !address.Equals(given)) return false;
            address = given;
        }

        return true;
    }

    private static bool TakeJson(byte[] body, Dictionary<string, string> fields)
    {
        using JsonDocument? json = JsonBody.Parse(body);
        if (json is null) return false;
        foreach (JsonProperty member in json.RootElement.EnumerateObject())
        {
            if (member.Value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number)) continue;
            if (!fields.TryAdd(member.Name, member.Value.ToString())) return false;
        }

        return true;
    }

    private static bool TakeForm(string body, Dictionary<string, string> fields)
    {
        foreach ((string name, StringValues values) in QueryHelpers.ParseQuery(body))
        {
            if (values is not [{ } value] || !fields.TryAdd(name, value)) return false;
        }

        return true;
    }
}
