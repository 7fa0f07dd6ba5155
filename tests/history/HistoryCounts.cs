using System.Globalization;

namespace CaptchaCluster.Tests.History;

/// <summary>What a run exercised.</summary>
public sealed record HistoryCounts
{
    public required long Attempts { get; init; }
    public required long Success { get; init; }
    public required long Duplicate { get; init; }
    public required long Expired { get; init; }
    public required long InvalidSecret { get; init; }
    public required long Refused { get; init; }
    public required long Unknown { get; init; }

    /// <summary>Successes that repeated an earlier success of the same token and attempt.</summary>
    public required long Replays { get; init; }

    /// <summary>Acknowledged rotations, immediate and graceful.</summary>
    public required long Rotations { get; init; }

    /// <summary>Injected faults by kind, heals not counted.</summary>
    public required IReadOnlyDictionary<string, long> Faults { get; init; }

    public long Crashes => Faults.GetValueOrDefault(FaultMark.Crash);

    /// <summary>From 0 to 1.</summary>
    public double UnknownShare => Attempts == 0 ? 0 : (double)Unknown / Attempts;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Attempts} attempts: {Success} success ({Replays} replays), {Duplicate} duplicate, {Expired} expired, "
        + $"{InvalidSecret} invalid secret, {Refused} refused, {Unknown} unknown; {Rotations} rotations; "
        + $"faults: {string.Join(", ", Faults.Select(f => $"{f.Value} {f.Key}"))}");
}

/// <summary>What a run must have exercised to mean something; everything not stated is not required.</summary>
public sealed record MinimumCounts
{
    public long Success { get; init; }
    public long Duplicate { get; init; }
    public long Expired { get; init; }
    public long InvalidSecret { get; init; }
    public long Unknown { get; init; }
    public long Replays { get; init; }
    public long Rotations { get; init; }
    public long Crashes { get; init; }
    public IReadOnlyDictionary<string, long> Faults { get; init; } = new Dictionary<string, long>();

    /// <summary>From 0 to 1. A run in which nearly everything is unknown satisfies every other rule.</summary>
    public double MaxUnknownShare { get; init; } = 1;

    internal IEnumerable<string> Shortfalls(HistoryCounts counts)
    {
        (string Name, long Wanted, long Seen)[] minima =
        [
            ("success", Success, counts.Success),
            ("duplicate", Duplicate, counts.Duplicate),
            ("expired", Expired, counts.Expired),
            ("invalid secret", InvalidSecret, counts.InvalidSecret),
            ("unknown", Unknown, counts.Unknown),
            ("replays", Replays, counts.Replays),
            ("rotations", Rotations, counts.Rotations),
            ("crashes", Crashes, counts.Crashes),
            .. Faults.Select(f => ($"fault {f.Key}", f.Value, counts.Faults.GetValueOrDefault(f.Key))),
        ];
        foreach (var (name, wanted, seen) in minima)
            if (seen < wanted) yield return string.Create(CultureInfo.InvariantCulture, $"{name}: {seen}, at least {wanted} wanted");
        if (counts.UnknownShare > MaxUnknownShare)
            yield return string.Create(CultureInfo.InvariantCulture, $"unknown share {counts.UnknownShare}, at most {MaxUnknownShare} wanted");
    }
}
