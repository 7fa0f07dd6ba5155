namespace CaptchaCluster.Tests.Processes;

/// <summary>
/// Fails fdatasync between the gateway and the kernel: what the ledger calls for a batch over what it has reserved. strace
/// counts each thread's calls apart, and only the ledger's thread makes many, so its n-th call is its n-th commit.
/// </summary>
internal static class Strace
{
    /// <summary>Marks the calls it failed, in its log.</summary>
    public const string Injected = "(INJECTED)";

    private static readonly Lazy<string?> Obstacle = new(() => Tool.Complaint("strace", [.. Options("/dev/null", "1"), "true"]));

    /// <summary>Why it cannot be used here; null where it can.</summary>
    public static string? WhyNot => Obstacle.Value;

    /// <param name="log">Where it writes the calls it saw.</param>
    /// <param name="when">"n" for one call alone, "n+" for that and every one after it.</param>
    /// <returns>What stands before the gateway's command; the gateway keeps the process id (-D).</returns>
    public static string[] Launcher(string log, string when) => ["strace", "-D", .. Options(log, when)];

    private static string[] Options(string log, string when) =>
        ["-f", "-y", "-o", log, "-e", "trace=fsync,fdatasync", "-e", $"inject=fdatasync:error=EIO:when={when}"];
}
