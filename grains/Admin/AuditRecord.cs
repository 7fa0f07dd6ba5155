using CaptchaCluster.Storage.Audit;

namespace CaptchaCluster.Grains.Admin;

/// <summary>An <see cref="AuditEntry"/> on the wire. Members are added with new ids, and none is given another meaning.</summary>
[GenerateSerializer, Immutable, Alias("captchacluster.AuditRecord")]
public sealed class AuditRecord
{
    [Id(0)]
    public required long Time { get; init; }

    [Id(1)]
    public required bool IsIntent { get; init; }

    [Id(2)]
    public required string Action { get; init; }

    [Id(3)]
    public string? Target { get; init; }

    [Id(4)]
    public string? Actor { get; init; }

    [Id(5)]
    public string? Node { get; init; }

    [Id(6)]
    public string? From { get; init; }

    [Id(7)]
    public string? Request { get; init; }

    [Id(8)]
    public long? IntentSequence { get; init; }

    [Id(9)]
    public required string[] Members { get; init; }

    [Id(10)]
    public long? Calls { get; init; }

    [Id(11)]
    public long? Since { get; init; }

    [Id(12)]
    public long? Tokens { get; init; }

    [Id(13)]
    public int? Status { get; init; }

    [Id(14)]
    public string? Error { get; init; }

    public static AuditRecord Of(AuditEntry entry) => new()
    {
        Time = entry.Time.Value,
        IsIntent = entry.IsIntent,
        Action = entry.Action,
        Target = entry.Target,
        Actor = entry.Actor,
        Node = entry.Node,
        From = entry.From,
        Request = entry.Request,
        IntentSequence = entry.Of,
        Members = [.. entry.Members],
        Calls = entry.Calls,
        Since = entry.Since?.Value,
        Tokens = entry.Tokens,
        Status = entry.Status,
        Error = entry.Error,
    };

    public AuditEntry ToEntry() => new()
    {
        Time = new UnixSeconds(Time),
        IsIntent = IsIntent,
        Action = Action,
        Target = Target,
        Actor = Actor,
        Node = Node,
        From = From,
        Request = Request,
        Of = IntentSequence,
        Members = Members,
        Calls = Calls,
        Since = Since is { } since ? new UnixSeconds(since) : null,
        Tokens = Tokens,
        Status = Status,
        Error = Error,
    };
}
