using System.Globalization;
using System.Text.Json;

namespace CaptchaCluster.Gateway.Admin;

/// <summary>
/// Reads the members of a JSON object one by one, strictly: what is wrong first is kept in <see cref="Problem"/>, and a
/// member that nobody asked for is wrong too. A member that is not there is null.
/// </summary>
/// <param name="root">An object, of which every name and string is text: <see cref="JsonBody"/>.</param>
/// <param name="prefix">Of its members' names in messages.</param>
internal sealed class JsonMembers(JsonElement root, string prefix = "")
{
    private readonly List<string> asked = [];

    /// <summary>What is wrong and what is allowed, for the caller; null where nothing is.</summary>
    public string? Problem { get; private set; }

    public string? Text(string name, int least, int most)
    {
        if (!TryGet(name, out JsonElement member)) return null;
        string? text = member.ValueKind == JsonValueKind.String ? member.GetString() : null;
        return text is not null && text.Length >= least && text.Length <= most
            ? text
            : Refuse<string>(name, $"a string of {least} to {most} characters");
    }

    public bool? Flag(string name)
    {
        if (!TryGet(name, out JsonElement member)) return null;
        return member.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? member.GetBoolean()
            : RefuseValue<bool>(name, "true or false");
    }

    public long? Integer(string name, long least, long most)
    {
        if (!TryGet(name, out JsonElement member)) return null;
        return member.ValueKind == JsonValueKind.Number && member.TryGetInt64(out long value) && value >= least && value <= most
            ? value
            : RefuseValue<long>(name, $"a whole number from {least} to {most}");
    }

    public double? Number(string name, double least, double most)
    {
        if (!TryGet(name, out JsonElement member)) return null;
        return member.ValueKind == JsonValueKind.Number && member.TryGetDouble(out double value) && value >= least && value <= most
            ? value
            : RefuseValue<double>(name, least == double.MinValue ? "a number" : $"a number from {least} to {most}");
    }

    /// <summary>To the second, in UTC, as replies have it.</summary>
    public UnixSeconds? Time(string name)
    {
        if (!TryGet(name, out JsonElement member)) return null;
        const string form = "yyyy-MM-dd'T'HH:mm:ss'Z'";
        string? text = member.ValueKind == JsonValueKind.String ? member.GetString() : null;
        return DateTimeOffset.TryParseExact(text, form, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? new UnixSeconds(time.ToUnixTimeSeconds())
            : RefuseValue<UnixSeconds>(name, "a time in UTC, such as \"2026-11-20T22:15:00Z\"");
    }

    /// <summary>What one of some words stands for.</summary>
    public T? Choice<T>(string name, params (string Word, T Value)[] choices)
        where T : struct
    {
        if (!TryGet(name, out JsonElement member)) return null;
        string? word = member.ValueKind == JsonValueKind.String ? member.GetString() : null;
        foreach ((string candidate, T value) in choices)
        {
            if (candidate == word) return value;
        }

        return RefuseValue<T>(name, "one of " + string.Join(", ", choices.Select(choice => $"\"{choice.Word}\"")));
    }

    public IReadOnlyList<string>? Texts(string name, int most)
    {
        if (!TryGet(name, out JsonElement member)) return null;
        string allowed = $"a list of at most {most} strings";
        if (member.ValueKind != JsonValueKind.Array || member.GetArrayLength() > most) return Refuse<IReadOnlyList<string>>(name, allowed);
        List<string> texts = [];
        foreach (JsonElement element in member.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.String) return Refuse<IReadOnlyList<string>>(name, allowed);
            texts.Add(element.GetString()!);
        }

        return texts;
    }

    public JsonMembers? Object(string name)
    {
        if (!TryGet(name, out JsonElement member)) return null;
        return member.ValueKind == JsonValueKind.Object
            ? new JsonMembers(member, $"{prefix}{name}.")
            : Refuse<JsonMembers>(name, "an object");
    }

    /// <summary>Whether the member is there and null, which counts as not there from now on.</summary>
    public bool IsNull(string name) =>
        root.TryGetProperty(name, out JsonElement member) && member.ValueKind == JsonValueKind.Null && Ask(name);

    /// <summary>Notes something wrong with a member that its type alone does not show. The first remark stays.</summary>
    public void Refuse(string name, string allowed) => Problem ??= $"'{prefix}{name}' must be {allowed}.";

    /// <summary>Takes over what is wrong inside one of the members.</summary>
    public void Adopt(string problem) => Problem ??= problem;

    /// <summary>Names of the members that are there and were asked for; with its value only where that is true or false.</summary>
    public IReadOnlyList<string> Told() =>
    [
        .. root.EnumerateObject().Where(member => asked.Contains(member.Name)).Select(member => member.Value.ValueKind switch
        {
            JsonValueKind.True => $"{prefix}{member.Name}=true",
            JsonValueKind.False => $"{prefix}{member.Name}=false",
            _ => prefix + member.Name,
        }),
    ];

    /// <summary>Call last: everything that was asked for by then is known.</summary>
    public string? RefuseUnknown()
    {
        foreach (JsonProperty member in root.EnumerateObject())
        {
            if (asked.Contains(member.Name)) continue;
            string allowed = string.Join(", ", asked.Distinct().Select(name => prefix + name));
            Problem ??= $"'{prefix}{member.Name}' is not known here; allowed {(asked.Count == 0 ? "is nothing" : $"are {allowed}")}.";
        }

        return Problem;
    }

    private bool TryGet(string name, out JsonElement member) => Ask(name) & root.TryGetProperty(name, out member);

    private bool Ask(string name)
    {
        asked.Add(name);
        return true;
    }

    private T? Refuse<T>(string name, string allowed)
        where T : class
    {
        Refuse(name, allowed);
        return null;
    }

    private T? RefuseValue<T>(string name, string allowed)
        where T : struct
    {
        Refuse(name, allowed);
        return null;
    }
}
