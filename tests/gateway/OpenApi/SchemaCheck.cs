using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace CaptchaCluster.Tests.Gateway.OpenApi;

/// <summary>Holds a value against a schema of OpenAPI 3.0. A keyword it does not know fails the test: it must not pass for nothing.</summary>
internal sealed class SchemaCheck(Description description)
{
    public string? Complaint(JsonElement schema, JsonElement value, string where)
    {
        schema = description.Resolve(schema);
        if (value.ValueKind == JsonValueKind.Null)
            return schema.TryGetProperty("nullable", out JsonElement nullable) && nullable.GetBoolean() ? null : $"{where} is null";
        foreach (JsonProperty keyword in schema.EnumerateObject())
        {
            if (Complaint(keyword, schema, value, where) is { } complaint) return complaint;
        }

        return null;
    }

    private string? Complaint(JsonProperty keyword, JsonElement schema, JsonElement value, string where) => keyword.Name switch
    {
        "description" or "nullable" => null,
        "type" => Unless(IsOfType(value, keyword.Value.GetString()!), where, value, keyword),
        "enum" => Unless(keyword.Value.EnumerateArray().Any(allowed => JsonElement.DeepEquals(allowed, value)), where, value, keyword),
        "pattern" => Unless(Regex.IsMatch(value.GetString()!, keyword.Value.GetString()!), where, value, keyword),
        "format" => Unless(keyword.Value.GetString() == "date-time" && IsTime(value.GetString()!), where, value, keyword),
        "minLength" => Unless(value.GetString()!.Length >= keyword.Value.GetInt32(), where, value, keyword),
        "maxLength" => Unless(value.GetString()!.Length <= keyword.Value.GetInt32(), where, value, keyword),
        "minimum" => Unless(value.GetDouble() >= keyword.Value.GetDouble(), where, value, keyword),
        "maximum" => Unless(value.GetDouble() <= keyword.Value.GetDouble(), where, value, keyword),
        "minItems" => Unless(value.GetArrayLength() >= keyword.Value.GetInt32(), where, value, keyword),
        "maxItems" => Unless(value.GetArrayLength() <= keyword.Value.GetInt32(), where, value, keyword),
        "items" => value.EnumerateArray().Select((item, index) => Complaint(keyword.Value, item, $"{where}[{index}]")).FirstOrDefault(complaint => complaint is not null),
        "required" => Unless(keyword.Value.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)), where, value, keyword),
        "properties" => Properties(keyword.Value, value, where),
        "additionalProperties" => Unless(
            keyword.Value.ValueKind == JsonValueKind.False && value.EnumerateObject().All(member => schema.GetProperty("properties").TryGetProperty(member.Name, out _)),
            where,
            value,
            keyword),
        "allOf" => keyword.Value.EnumerateArray().Select(part => Complaint(part, value, where)).FirstOrDefault(complaint => complaint is not null),
        "oneOf" => Unless(keyword.Value.EnumerateArray().Count(part => Complaint(part, value, where) is null) == 1, where, value, keyword),
        _ => throw new NotSupportedException($"{keyword.Name} in the schema of {where}"),
    };

    private string? Properties(JsonElement properties, JsonElement value, string where) => properties.EnumerateObject()
        .Where(property => value.TryGetProperty(property.Name, out _))
        .Select(property => Complaint(property.Value, value.GetProperty(property.Name), $"{where}.{property.Name}"))
        .FirstOrDefault(complaint => complaint is not null);

    private static string? Unless(bool isRight, string where, JsonElement value, JsonProperty keyword) =>
        isRight ? null : $"{where} is {value.GetRawText()}, against {keyword}";

    private static bool IsOfType(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        _ => throw new NotSupportedException($"type {type}"),
    };

    private static bool IsTime(string text) =>
        DateTimeOffset.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _);
}
