using System.Globalization;

namespace CaptchaCluster.Tests.Chaos.Node;

/// <summary>The wall clock of processes that are started with it, set while they run (libfaketime). Their monotonic clock goes on.</summary>
internal sealed class FakeClock
{
    private static readonly Lazy<string?> Library = new(() => Directory.Exists("/usr/lib")
        ? Directory.EnumerateFiles("/usr/lib", "libfaketimeMT.so.1", new EnumerationOptions { RecurseSubdirectories = true }).FirstOrDefault()
        : null);

    private readonly string file;

    public FakeClock(string folder)
    {
        file = Path.Combine(folder, "clock");
        Set(TimeSpan.Zero);
    }

    /// <summary>Why there is none here; null where there is.</summary>
    public static string? WhyNot => Library.Value is null ? "libfaketime is not installed" : null;

    /// <summary>By which it is ahead.</summary>
    public TimeSpan Offset { get; private set; }

    /// <summary>For a process that is to go by it.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["LD_PRELOAD"] = Library.Value!,
        ["FAKETIME_TIMESTAMP_FILE"] = file,
        ["FAKETIME_CACHE_DURATION"] = "1", // seconds after which it looks into the file again
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0", // or every timed wait is over at once, and every read from a socket with it
        ["NO_FAKE_STAT"] = "1",
    };

    /// <summary>Takes effect within about a second.</summary>
    public void Set(TimeSpan offset)
    {
        Offset = offset;
        File.WriteAllText(file + ".new", string.Create(CultureInfo.InvariantCulture, $"{(long)offset.TotalSeconds:+0;-0;+0}"));
        File.Move(file + ".new", file, overwrite: true);
    }
}
