using System.Text.Json;
using System.Text.Json.Serialization;
using CaptchaCluster.Bench.Experiments;
using CaptchaCluster.Bench.Projection;
using CaptchaCluster.Bench.Rows;
using CaptchaCluster.Tests.Load;
using CaptchaCluster.Tests.Load.Reports;

namespace CaptchaCluster.Bench.Report;

/// <summary>The files of a report: the page, and beside it a directory with the pictures and all figures.</summary>
internal static partial class ReportFiles
{
    public const string PageName = "RESULTS.md";
    public const string Pictures = "results";
    public const string FiguresName = "figures.json";

    /// <summary>Replaces what an earlier run wrote there.</summary>
    public static async Task WriteAsync(string directory, BenchResults results)
    {
        string pictures = Directory.CreateDirectory(Path.Combine(directory, Pictures)).FullName;
        foreach (string old in Directory.EnumerateFiles(pictures, "*.svg")) File.Delete(old);
        foreach ((PlotFile file, Plot plot) in PlotFiles.Of(results)) await File.WriteAllTextAsync(Path.Combine(pictures, file.Name), plot + "\n");
        await File.WriteAllTextAsync(Path.Combine(pictures, FiguresName), JsonSerializer.Serialize(Figures.Of(results), Context.Default.Figures) + "\n");
        await File.WriteAllTextAsync(Path.Combine(directory, PageName), MarkdownReport.Compose(results, Pictures).TrimEnd() + "\n");
    }

    /// <summary>Called before the run, so that it is not followed by the discovery that its report cannot be written.</summary>
    /// <exception cref="SetupException">It cannot.</exception>
    public static void CheckWritable(string directory)
    {
        try
        {
            string probe = Path.Combine(Directory.CreateDirectory(Path.Combine(directory, Pictures)).FullName, ".probe");
            File.WriteAllText(probe, "");
            File.Delete(probe);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SetupException($"--write {directory}: {exception.Message}");
        }
    }

    private sealed record Figures(
        DateTimeOffset Started,
        double TookSeconds,
        string Command,
        Machine Machine,
        IReadOnlyList<string> Notices,
        double FsyncP50Ms,
        double FsyncP99Ms,
        IReadOnlyList<TargetFigures> Targets,
        IReadOnlyList<Sample> Rows,
        IReadOnlyList<Sample> LatencyAtHalfPeak,
        IReadOnlyList<Sample> ByConnections,
        IReadOnlyList<LivePoint> ByLiveRedemptions,
        PostgresFigures? Postgres,
        ClusterFigures? Cluster,
        ClusterCosts? ClusterCosts)
    {
        public static Figures Of(BenchResults results) => new(
            results.Started,
            results.Took.TotalSeconds,
            results.Command,
            results.Machine,
            results.Notices,
            results.Fsync.At(0.5).TotalMilliseconds,
            results.Fsync.At(0.99).TotalMilliseconds,
            [.. Target.Of(results).Select(target => new TargetFigures(target.What, target.Limit, target.Measured, target.IsMet))],
            results.Rows,
            results.Latency,
            results.Growth,
            results.Live,
            results.Postgres,
            results.Cluster,
            results.Cluster?.Costs());
    }

    private sealed record TargetFigures(string What, string? Target, Spread Measured, bool? Reached);

    [JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
    [JsonSerializable(typeof(Figures))]
    private sealed partial class Context : JsonSerializerContext;
}
