using System.Globalization;
using System.Text.Json;
using CaptchaCluster.Gateway.Logging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace CaptchaCluster.Tests.Gateway.Logging;

/// <summary>How an event is written: on one line, whatever is in it.</summary>
public sealed class LineFormatterTests
{
    // Everything that ends a line for somebody, what a terminal obeys, what turns text round, and half a character.
    private const string Hostile = "a\nb\rc\td\u001b[2Je\u0085f\u2028g\u2029h\u202ei\"j\\k=l\0m\ud83d n\u007f";

    private static readonly LineFormatter Logfmt = new LogfmtFormatter(new ManualClock(), new Redaction("my admin key"));
    private static readonly LineFormatter Json = new JsonLineFormatter(new ManualClock(), new Redaction("my admin key"));

    [Fact]
    public void Logfmt_names_time_level_event_source_message_and_values() => Assert.Equal(
        "time=2026-11-20T22:15:00.000Z level=warning event=Drifted source=CaptchaCluster.Test "
        + "message=\"Off by 301 s at http://127.0.0.1:8080/.\" Seconds=301 Address=http://127.0.0.1:8080/\n",
        Write(Logfmt, LogLevel.Warning, "Drifted", null, "Off by {Seconds} s at {Address}.", 301, new Uri("http://127.0.0.1:8080")));

    [Fact]
    public void Json_names_the_same() => Assert.Equal(
        """{"time":"2026-11-20T22:15:00.000Z","level":"error","event":"Drifted","source":"CaptchaCluster.Test","message":"Off by 0.5 s.","Seconds":"0.5"}""" + "\n",
        Write(Json, LogLevel.Error, "Drifted", null, "Off by {Seconds} s.", 0.5));

    [Fact]
    public void Whatever_is_in_an_event_it_is_one_line()
    {
        Exception exception = Thrown(Hostile);
        foreach (LineFormatter formatter in new[] { Logfmt, Json })
        {
            string line = Write(formatter, LogLevel.Critical, null, exception, "Said {What}.", Hostile);
            Assert.Equal(line.Length - 1, line.IndexOf('\n'));
            Assert.DoesNotContain(line[..^1], c => char.GetUnicodeCategory(c)
                is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate);
            Assert.Contains("Thrown", line);
        }

        // People read this one as it is.
        Assert.DoesNotContain(Write(Logfmt, LogLevel.Critical, null, exception, "Said {What}.", Hostile), c => char.GetUnicodeCategory(c) == UnicodeCategory.Format);
    }

    [Fact]
    public void What_was_said_can_be_read_back()
    {
        const string said = "line\nbreak \"quoted\" back\\slash ünï= \u202e";
        using JsonDocument json = JsonDocument.Parse(Write(Json, LogLevel.Information, null, Thrown(said), "{What}", said));
        Assert.Equal(said, json.RootElement.GetProperty("What").GetString());
        Assert.Contains(said, json.RootElement.GetProperty("exception").GetString());
        Assert.Contains("What=\"line\\nbreak \\\"quoted\\\" back\\\\slash ünï= \\u202e\"", Write(Logfmt, LogLevel.Information, null, null, "{What}", said));
        Assert.Contains(" What=\"\"", Write(Logfmt, LogLevel.Information, null, null, "{What}", ""));
    }

    [Theory]
    [Trait("Invariant", "I11")]
    [InlineData("secret=cpt_sec_00112233445566778899aabbccddeeffAbC was given", "cpt_sec_[omitted] was")]
    [InlineData("key cpt_adm_Zz09, or CPT_ADM_Zz09", "cpt_adm_[omitted], or CPT_ADM_[omitted]")]
    [InlineData("response 'eyJ2IjoxLCJrIjoiazEiLCJz-_Ij'", "'eyJ2IjoxLCJrIjoi[omitted]'")]
    [InlineData("Authorization: Bearer any-key.of=mine", "Bearer [omitted]")]
    [InlineData("POST /siteverify?secret=mine&response=yours HTTP/1.1", "/siteverify?[omitted] HTTP/1.1")]
    [InlineData("GET http://h/a?b?c 'd'", "http://h/a?[omitted] 'd'")]
    [InlineData("/admin/my admin key/sites", "/admin/[omitted]/sites")]
    [InlineData("Is it so? It is: /a/b and x?y.", "Is it so? It is: /a/b and x?y.")]
    public void What_must_not_be_logged_is_left_out_wherever_it_stands(string said, string written)
    {
        string line = Write(Logfmt, LogLevel.Debug, null, Thrown(said), "{What}", said);
        Assert.Equal(3, line.Split(written).Length - 1);
        foreach (string hidden in new[] { "AbC", "Zz09", "azEi", "any-key", "mine", "yours", "b?c", "admin key" }) Assert.DoesNotContain(hidden, line);
    }

    private static string Write(LineFormatter formatter, LogLevel level, string? name, Exception? exception, string template, params object[] values)
    {
        StringWriter output = new();
        OneEvent captured = new(formatter, output, new EventId(7, name));
        captured.Log(level, new EventId(7, name), exception, template, values);
        return output.ToString();
    }

    private static InvalidOperationException Thrown(string message)
    {
        try
        {
            throw new InvalidOperationException(message);
        }
        catch (InvalidOperationException exception)
        {
            return exception;
        }
    }

    private sealed class OneEvent(ConsoleFormatter formatter, TextWriter output, EventId id) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel level, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> text) =>
            formatter.Write(new LogEntry<TState>(level, "CaptchaCluster.Test", id, state, exception, text), scopeProvider: null, output);
    }
}
