using System.Reflection;
using CaptchaCluster.Bench.Servers;
using CaptchaCluster.Tests.Load;

namespace CaptchaCluster.Bench.Experiments;

/// <summary>The pieces of the way alone, by BenchmarkDotNet in a process of its own.</summary>
internal static class MicroBenchmarks
{
    /// <summary>Returns its table, as Markdown.</summary>
    /// <param name="directory">Gets its files.</param>
    /// <param name="cancelled">Ends it.</param>
    /// <exception cref="SetupException">It failed.</exception>
    public static async Task<string> RunAsync(string directory, CancellationToken cancelled)
    {
        string assembly = typeof(MicroBenchmarks).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(entry => entry.Key == nameof(MicroBenchmarks)).Value!;
        await using (ServerProcess process = ServerProcess.Start(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [assembly, "--filter", "*", "--join", "--artifacts", directory]))
        {
            await process.EndedAsync(cancelled);
        }

        string results = Path.Combine(directory, "results");
        string[] tables = Directory.Exists(results) ? Directory.GetFiles(results, "*-report-github.md") : [];
        if (tables is not [var table]) throw new SetupException($"The micro-benchmarks left {tables.Length} reports in '{results}', and should leave one.");

        // After a description of the machine, which this report has of its own; the order is that in which they ran.
        string[] lines = [.. (await File.ReadAllLinesAsync(table, cancelled)).Where(line => line.StartsWith('|'))];
        const int HeadLines = 2;
        return string.Join('\n', [.. lines[..HeadLines], .. lines[HeadLines..].Order(StringComparer.Ordinal)]);
    }
}
