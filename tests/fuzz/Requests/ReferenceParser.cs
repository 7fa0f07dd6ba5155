using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CaptchaCluster.Gateway.Dialects.Requests;

namespace CaptchaCluster.Tests.Fuzz.Requests;

/// <summary>
/// The rules again, written to be obvious: strings of one character per byte, dictionaries, regular expressions, JsonDocument.
/// A source is the list of its named values, null for a JSON null; or null where it cannot be parsed.
/// </summary>
internal static partial class ReferenceParser
{
    private static readonly string[] Known = ["secret", "response", "remoteip", "idempotency_key", "sitekey"];

    public static Reading Judge(params List<(string Name, string? Value)>?[] sources)
    {
        var fields = new Dictionary<string, string>();
        foreach (var source in sources)
        {
            if (source is null) return Reading.BadRequest;
            var known = source.Select(f => (Name: Canonical(f.Name), f.Value)).Where(f => Known.Contains(f.Name)).ToList();
            if (known.DistinctBy(f => f.Name).Count() != known.Count) return Reading.BadRequest;
            foreach (var (name, value) in known)
            {
                if (value is not null) fields.TryAdd(name, value);
            }
        }

        if (fields.TryGetValue("idempotency_key", out var key) && !IsKey(Encoding.Latin1.GetBytes(key))) return Reading.BadRequest;
        return new Reading(ParseOutcome.Parsed, fields.GetValueOrDefault("secret"), fields.GetValueOrDefault("response"),
            fields.GetValueOrDefault("remoteip"), key, fields.GetValueOrDefault("sitekey"));
    }

    public static List<(string Name, string? Value)> Form(string body) => body.Split('&').Where(pair => pair != "").Select(pair =>
    {
        var parts = pair.Split('=', 2);
        return (Unescape(parts[0]), (string?)Unescape(parts.ElementAtOrDefault(1) ?? ""));
    }).ToList();

    public static List<(string Name, string? Value)> Query(string query) =>
        Form(Reading.Bytes(query.StartsWith('?') ? query[1..] : query)!);

    public static List<(string Name, string? Value)>? Json(byte[] body)
    {
        if (!System.Text.Unicode.Utf8.IsValid(body)) return null;
        var start = body.AsSpan().StartsWith(new byte[] { 0xEF, 0xBB, 0xBF }) ? 3 : 0;
        try
        {
            using var document = JsonDocument.Parse(body.AsMemory(start), new JsonDocumentOptions { MaxDepth = 64 });
            if (document.RootElement.ValueKind != JsonValueKind.Object) return null;
            var fields = new List<(string, string?)>();
            foreach (var member in document.RootElement.EnumerateObject())
            {
                var name = OrNull(() => member.Name);
                if (name is null || !Known.Contains(Canonical(name))) continue;
                if (member.Value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null)) return null;
                var value = OrNull(member.Value.GetString);
                if (value is null && member.Value.ValueKind == JsonValueKind.String) return null;
                fields.Add((name, Reading.Bytes(value)));
            }

            return fields;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static List<(string Name, string? Value)>? Multipart(string body, string boundary)
    {
        var fields = new List<(string, string?)>();
        foreach (var piece in ("\r\n" + body).Split("\r\n--" + boundary).Skip(1))
        {
            if (piece.StartsWith("--", StringComparison.Ordinal)) return fields;
            if (piece.TrimStart(' ', '\t') == "\r\n") continue;
            var part = Part().Match(piece);
            if (!part.Success) return null;
            var dispositions = part.Groups["header"].Captures.Select(h => h.Value.Split(':', 2))
                .Where(h => h[0].TrimEnd(' ', '\t').Equals("content-disposition", StringComparison.OrdinalIgnoreCase)).ToList();
            if (dispositions.Count != 1) return null;
            var disposition = Disposition().Match(dispositions[0][1]);
            var names = disposition.Groups["name"].Captures.Zip(disposition.Groups["value"].Captures)
                .Where(p => p.First.Value.Equals("name", StringComparison.OrdinalIgnoreCase)).Select(p => p.Second.Value).ToList();
            if (names.Count != 1) return null;
            fields.Add((names[0], part.Groups["body"].Value));
        }

        return null;
    }

    private static string Canonical(string name)
    {
        // Only ASCII letters have a case here.
        var lower = string.Concat(name.Select(c => c is >= 'A' and <= 'Z' ? (char)(c + 32) : c));
        return lower == "remote_ip" ? "remoteip" : lower;
    }

    private static bool IsKey(byte[] key) =>
        System.Text.Unicode.Utf8.IsValid(key) && Encoding.UTF8.GetString(key).EnumerateRunes().Count() <= 128;

    private static string Unescape(string text) => Escape().Replace(text.Replace('+', ' '), match =>
        ((char)int.Parse(match.ValueSpan[1..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)).ToString());

    private static string? OrNull(Func<string?> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            return null; // half a surrogate pair
        }
    }

    [GeneratedRegex("%[0-9A-Fa-f]{2}")]
    private static partial Regex Escape();

    [GeneratedRegex(@"^[ \t]*\r\n(?:(?<header>[^ \t:\r\n\0][^:\r\n\0]*:[^\r\n\0]*)\r\n)+(?:\r\n(?<body>.*))?\z", RegexOptions.Singleline)]
    private static partial Regex Part();

    [GeneratedRegex(
        """^[ \t]*form-data[ \t]*(?:;[ \t]*(?:(?<name>[^=;]*?)[ \t]*=(?>[ \t]*)"""
        + """(?:"(?<value>(?>(?:\\["\\]|[^"])*))"|(?<value>|[^";][^;]*?))[ \t]*)?)*\z""",
        RegexOptions.Singleline | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Disposition();
}
