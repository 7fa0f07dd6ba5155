using System.Globalization;

namespace CaptchaCluster.Tests.Processes;

/// <summary>Processes, as the kernel lists them.</summary>
internal static class ProcessTree
{
    public static IReadOnlyList<int> ChildrenOf(int parent) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out int process) ? process : 0)
            .Where(process => process > 0 && ParentOf(process) == parent),
    ];

    /// <summary>False also for one that has ended and that nobody has asked about yet.</summary>
    public static bool IsRunning(int process) =>
        File.Exists($"/proc/{process}/status") && !File.ReadAllText($"/proc/{process}/status").Contains("State:\tZ", StringComparison.Ordinal);

    /// <summary>False, and nothing done, where it has ended meanwhile.</summary>
    public static bool TrySend(int process, int signal)
    {
        try
        {
            Signal.Send(process, signal);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false; // it has
        }
    }

    private static int ParentOf(int process)
    {
        try
        {
            // Its name, in parentheses, may hold anything; then come its state and its parent.
            string stat = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0; // it has ended
        }
    }
}
