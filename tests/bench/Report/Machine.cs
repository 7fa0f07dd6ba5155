using System.Globalization;
using System.Runtime.InteropServices;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Bench.Report;

/// <summary>What the figures depend on.</summary>
/// <param name="Processor">Its name and how many of them.</param>
/// <param name="Memory">Bytes.</param>
/// <param name="System">Kernel and runtime.</param>
/// <param name="FileSystem">Under the ledgers.</param>
/// <param name="Redis">Its version; null where it is not installed.</param>
/// <param name="Commit">What was measured; marked where the working tree differs from it.</param>
/// <param name="LoadBefore">Load average over the minute before.</param>
internal sealed record Machine(string Processor, long Memory, string System, string FileSystem, string? Redis, string Commit, double LoadBefore)
{
    private const double QuietLoad = 0.5;

    public static Machine Read(string directory, string? redis)
    {
        string name = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
            ?? RuntimeInformation.ProcessArchitecture.ToString();
        return new Machine(
            $"{Environment.ProcessorCount} × {name}",
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            $"Linux {Environment.OSVersion.Version}, {RuntimeInformation.FrameworkDescription}",
            FileSystemOf(directory),
            redis,
            ReadCommit(),
            double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture));
    }

    /// <summary>What a reader must know to trust the figures, a sentence each.</summary>
    public IEnumerable<string> Notices()
    {
        if (LoadBefore > QuietLoad) yield return $"The machine was not quiet: its load was {LoadBefore:0.00} before the run.";
        if (FileSystem is "tmpfs" or "ramfs") yield return $"The ledgers are in memory ({FileSystem}), where a sync costs nothing: choose another --directory.";
    }

    private static string FileSystemOf(string directory)
    {
        string path = Path.GetFullPath(directory);
        return DriveInfo.GetDrives().Where(drive => path.StartsWith(drive.RootDirectory.FullName, StringComparison.Ordinal))
            .MaxBy(drive => drive.RootDirectory.FullName.Length)?.DriveFormat ?? "unknown";
    }

    private static string ReadCommit()
    {
        try
        {
            string commit = Tool.Output("git", "-C", AppContext.BaseDirectory, "rev-parse", "--short=12", "HEAD");
            string changes = Tool.Output("git", "-C", AppContext.BaseDirectory, "status", "--porcelain", "--untracked-files=no");
            return changes.Length == 0 ? commit : commit + ", with changes";
        }
        catch (InvalidOperationException)
        {
            return "unknown";
        }
    }
}
