using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.Extensions.Primitives;

namespace CaptchaCluster.Gateway.Admin;

/// <summary>Reads the body of a call: nothing at all, or one JSON object.</summary>
internal static class JsonBody
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>The server holds it to <see cref="AdminEndpoints.MaxBodySize"/>.</summary>
    public static async ValueTask<byte[]> ReadAsync(PipeReader reader)
    {
        ReadResult read = await reader.ReadAsync();
        while (!read.IsCompleted)
        {
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await reader.ReadAsync();
        }

        byte[] body = read.Buffer.ToArray();
        reader.AdvanceTo(read.Buffer.End);
        return body;
    }

    /// <summary>Null where it is not one object, names a member twice, or holds what is no text.</summary>
    public static JsonDocument? Parse(byte[] body)
    {
        JsonDocument? json = null;
        try
        {
            json = JsonDocument.Parse(body, Strict);
            if (json.RootElement.ValueKind == JsonValueKind.Object)
            {
                RequireText(json.RootElement);
                return json;
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
        }

        json?.Dispose();
        return null;
    }

    /// <summary>The values of a query, as if they had come in a body: whole numbers as numbers, all else as text. Null as for a body.</summary>
    public static JsonDocument? OfQuery(IQueryCollection query)
    {
        ArrayBufferWriter<byte> body = new();
        using (Utf8JsonWriter json = new(body))
        {
            json.WriteStartObject();
            foreach ((string name, StringValues values) in query)
            {
                if (values is not [{ } value]) return null;
                if (long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)) json.WriteNumber(name, number);
                else json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        return Parse(body.WrittenSpan.ToArray());
    }

    // A string may hold half a surrogate pair, or bytes that are no UTF-8: JSON by its grammar, but whoever reads it throws.
    private static void RequireText(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray()) RequireText(item);
                break;
            case JsonValueKind.Object:
                foreach (JsonProperty member in element.EnumerateObject())
                {
                    _ = member.Name;
                    RequireText(member.Value);
                }

                break;
        }
    }
}
