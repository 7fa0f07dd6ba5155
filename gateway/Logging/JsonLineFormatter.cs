using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CaptchaCluster.Gateway.Logging;

/// <summary>One JSON object without line breaks; all its values are strings.</summary>
internal sealed class JsonLineFormatter(TimeProvider clock, Redaction redaction) : LineFormatter(Word, clock, redaction)
{
    /// <summary>As Logging:Console:FormatterName names it.</summary>
    public const string Word = "json";

    // Readable for people. Safe, as no line is ever put into a page.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    protected override string Compose(IReadOnlyList<LogField> fields)
    {
        ArrayBufferWriter<byte> buffer = new(512);
        using (Utf8JsonWriter json = new(buffer, Options))
        {
            json.WriteStartObject();
            foreach (LogField field in fields) json.WriteString(field.Name, field.Value);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
