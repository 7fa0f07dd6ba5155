using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace CaptchaCluster.Gateway.Logging;

/// <param name="Name">Of one word.</param>
/// <param name="Value">As it is; how it is spelt on one line is the format's affair.</param>
internal readonly record struct LogField(string Name, string Value);

/// <summary>
/// An event as one line: time, level, name, source, message, the values that the message was made of, each under the name
/// that it has there, and the exception. What comes from outside cannot begin a line of its own, nor bring a secret (I11).
/// </summary>
internal abstract class LineFormatter(string name, TimeProvider clock, Redaction redaction) : ConsoleFormatter(name)
{
    private const string MessageTemplate = "{OriginalFormat}";

    public sealed override void Write<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        List<LogField> fields =
        [
            new("time", clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)),
            new("level", WordFor(entry.LogLevel)),
        ];
        if (entry.EventId.Name is { } eventName) fields.Add(new("event", eventName));
        fields.Add(new("source", entry.Category));
        fields.Add(new("message", redaction.Of(entry.Formatter(entry.State, entry.Exception))));
        if (entry.State is IReadOnlyList<KeyValuePair<string, object?>> values)
        {
            foreach ((string key, object? value) in values)
            {
                if (key != MessageTemplate && Convert.ToString(value, CultureInfo.InvariantCulture) is { } text)
                    fields.Add(new(key, redaction.Of(text)));
            }
        }

        if (entry.Exception is { } exception) fields.Add(new("exception", redaction.Of(exception.ToString())));
        textWriter.WriteLine(Compose(fields));
    }

    /// <summary>Without the end of the line, nor anything that could be taken for one.</summary>
    protected abstract string Compose(IReadOnlyList<LogField> fields);

    private static string WordFor(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "information",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        LogLevel.Critical => "critical",
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, "nothing is logged at this level"),
    };
}
