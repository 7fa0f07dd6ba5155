using System.Reflection;

namespace CaptchaCluster.Bench.Servers;

/// <summary>The program of silos and of the gateways before them, from where it is built: it needs Orleans, which cannot be restored everywhere.</summary>
internal static class ClusterProgram
{
    // Of which it has copies, as this program has: what differs was not built from the same sources.
    private static readonly string[] Shared = ["CaptchaCluster.Core.dll", "CaptchaCluster.Storage.dll", "CaptchaCluster.Gateway.dll"];

    public static string Path { get; } = System.IO.Path.GetFullPath(
        typeof(ClusterProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(entry => entry.Key == nameof(ClusterProgram)).Value!);

    /// <summary>Why there is none to measure; null where there is one.</summary>
    public static string? Missing => ProblemOf(Path);

    public static string? ProblemOf(string path)
    {
        if (!File.Exists(path)) return "silo/ is not built. `dotnet build silo -c Release` does it where the packages of Orleans can be restored (ring 2)";
        string directory = System.IO.Path.GetDirectoryName(path)!;
        return Shared.Any(assembly => IsOther(directory, assembly)) ? "silo/ was built from other sources than this program. `dotnet build silo -c Release` builds it again" : null;
    }

    private static bool IsOther(string directory, string assembly) => !File.ReadAllBytes(System.IO.Path.Combine(directory, assembly)).AsSpan()
        .SequenceEqual(File.ReadAllBytes(System.IO.Path.Combine(AppContext.BaseDirectory, assembly)));
}
