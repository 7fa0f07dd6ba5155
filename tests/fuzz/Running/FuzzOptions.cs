namespace CaptchaCluster.Tests.Fuzz.Running;

/// <summary>What to run.</summary>
internal sealed record FuzzOptions
{
    /// <summary>In all, spread over the parsers.</summary>
    public long Inputs { get; init; } = 10_000_000;

    public int Seed { get; init; } = 1;

    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Names; empty for all.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>Where inputs that were judged wrongly are written, in a folder for each parser. Null: nowhere.</summary>
    public string? Findings { get; init; }
}
