using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CaptchaCluster.Storage.Audit;

/// <summary>One thing that was done, or is about to be. Holds no secret, no token and nothing of a URL (I11).</summary>
public sealed record AuditEntry
{
    /// <summary>Bytes of a line, its end included; longer ones are nothing that was written here.</summary>
    internal const int MaxLength = 16 * 1024;

    // As replies of the admin API: readable for people, and never put into a page.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static ReadOnlySpan<byte> Beginning => "{\"seq\":"u8;

    public required UnixSeconds Time { get; init; }

    /// <summary>Told before the deed; another entry will say how it ended.</summary>
    public bool IsIntent { get; init; }

    /// <summary>A word of a closed set, such as <c>site.create</c>.</summary>
    public required string Action { get; init; }

    /// <summary>A sitekey, the name of a key, a folder; null where there is none or it is not known to be one.</summary>
    public string? Target { get; init; }

    public string? Actor { get; init; }

    /// <summary>Which of the nodes that share the log wrote it; null where it is one node's own.</summary>
    public string? Node { get; init; }

    /// <summary>Address of the client.</summary>
    public string? From { get; init; }

    /// <summary>Id of the request, as in the log.</summary>
    public string? Request { get; init; }

    /// <summary>Sequence of the entry that told the intent.</summary>
    public long? Of { get; init; }

    /// <summary>Names of what the call set; with its value only where that is true or false.</summary>
    public IReadOnlyList<string> Members { get; init; } = [];

    /// <summary>How many calls the entry stands for, where it may be several.</summary>
    public long? Calls { get; init; }

    /// <summary>When the first of them came.</summary>
    public UnixSeconds? Since { get; init; }

    public long? Tokens { get; init; }

    /// <summary>HTTP status of the reply.</summary>
    public int? Status { get; init; }

    /// <summary>Error code of the reply.</summary>
    public string? Error { get; init; }

    /// <summary>As one line of JSON.</summary>
    internal void WriteTo(IBufferWriter<byte> buffer, long sequence)
    {
        using (Utf8JsonWriter json = new(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteNumber("seq"u8, sequence);
            json.WriteString("time"u8, Time.ToString());
            json.WriteString("phase"u8, IsIntent ? "started"u8 : "ended"u8);
            json.WriteString("action"u8, Action);
            if (Target is not null) json.WriteString("target"u8, Target);
            if (Actor is not null) json.WriteString("actor"u8, Actor);
            if (Node is not null) json.WriteString("node"u8, Node);
            if (From is not null) json.WriteString("from"u8, From);
            if (Request is not null) json.WriteString("request"u8, Request);
            if (Of is { } of) json.WriteNumber("of"u8, of);
            if (Members.Count > 0) WriteMembers(json);
            if (Calls is { } calls) json.WriteNumber("calls"u8, calls);
            if (Since is { } since) json.WriteString("since"u8, since.ToString());
            if (Tokens is { } tokens) json.WriteNumber("tokens"u8, tokens);
            if (Status is { } status) json.WriteNumber("status"u8, status);
            if (Error is not null) json.WriteString("error"u8, Error);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
    }

    /// <summary>Whether a line, without its end, is as one was written here; told from its form alone.</summary>
    internal static bool TryReadSequence(ReadOnlySpan<byte> line, out long sequence)
    {
        sequence = 0;
        if (!line.StartsWith(Beginning) || line[^1] != (byte)'}' || line.ContainsAnyInRange((byte)0, (byte)31)) return false;
        ReadOnlySpan<byte> rest = line[Beginning.Length..];
        int comma = rest.IndexOf((byte)',');
        return comma > 0 && long.TryParse(rest[..comma], NumberStyles.None, CultureInfo.InvariantCulture, out sequence);
    }

    private void WriteMembers(Utf8JsonWriter json)
    {
        json.WriteStartArray("members"u8);
        foreach (string member in Members) json.WriteStringValue(member);
        json.WriteEndArray();
    }
}
