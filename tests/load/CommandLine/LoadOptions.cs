using CaptchaCluster.Tests.Load.Arrivals;
using CaptchaCluster.Tests.Load.Mix;

namespace CaptchaCluster.Tests.Load.CommandLine;

/// <summary>What to do, as the command line says.</summary>
internal sealed record LoadOptions
{
    /// <summary>Where requests go; connections are spread over them.</summary>
    public required IReadOnlyList<Uri> Urls { get; init; }

    /// <summary>The admin listener; null where tokens come from a file.</summary>
    public Uri? Admin { get; init; }

    public string? AdminKey { get; init; }

    public string? TokenFile { get; init; }

    /// <summary>Of the site whose tokens are in the file.</summary>
    public string? Secret { get; init; }

    public required MixShares Mix { get; init; }

    /// <summary>Arrivals, in one plan or one for each step; empty for a closed loop.</summary>
    public IReadOnlyList<RatePlan> Rates { get; init; } = [];

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests at most, in all.</summary>
    public long Count { get; init; } = long.MaxValue;

    public TimeSpan Warmup { get; init; }

    public int Connections { get; init; } = 64;

    public int Threads { get; init; } = 1;

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Life of the minted tokens.</summary>
    public TimeSpan TokenTtl { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Tokens minted before the test at most; null: as many as it should need, within reason.</summary>
    public long? Prepare { get; init; }

    /// <summary>Steps end at the first one whose p99 is above this, or that fell behind.</summary>
    public TimeSpan MaxStepP99 { get; init; } = TimeSpan.FromMilliseconds(100);

    public int Seed { get; init; } = 1;

    public bool IsChecked { get; init; } = true;

    public bool ChecksCertificates { get; init; } = true;

    public string? JsonPath { get; init; }

    public string? HtmlPath { get; init; }

    /// <summary>In one line, for reports.</summary>
    public string Describe()
    {
        string bounds = Count == long.MaxValue ? Words(Duration) : $"{Words(Duration)} or {Count:#,0} requests";
        string loop = Rates switch
        {
            [] => $"Closed loop for {bounds}",
            [var only] => $"Open loop at {only} for {bounds}",
            _ => $"Open loop in steps from {Rates[0]} to {Rates[^1]}, {Words(Duration)} each",
        };
        return $"{loop} over {Connections:#,0} connections; {(IsChecked ? Mix.ToString() : "verdicts not looked at")}";
    }

    private static string Words(TimeSpan time) => time.TotalSeconds < 120 ? $"{time.TotalSeconds:0.###} s" : $"{time.TotalMinutes:0.#} min";
}
