using System.Diagnostics;

namespace CaptchaCluster.Tests.Chaos.Deployments.Embedded;

/// <summary>Stands between a running process and the kernel, and meddles with fsync. Disposing of it lets go of the process.</summary>
internal sealed class AttachedStrace : IAsyncDisposable
{
    private const string Attached = " attached";
    private const string Delayed = "(DELAYED)";

    private static readonly Lazy<string?> Obstacle = new(() => Strace.WhyNot ?? ComplaintOfAttaching());

    private readonly string log;
    private readonly Process strace;
    private readonly OutputLines said = new();

    private AttachedStrace(int process, string log, string meddling)
    {
        this.log = log;
        strace = Start(process, log, meddling);
        strace.ErrorDataReceived += (_, line) => said.Add(line.Data);
        strace.BeginErrorReadLine();
    }

    /// <summary>Why it cannot be used here; null where it can.</summary>
    public static string? WhyNot => Obstacle.Value;

    /// <summary>Every fsync from now on fails with EIO.</summary>
    public static Task<AttachedStrace> FailAsync(int process, string log) => AttachAsync(process, log, "error=EIO");

    /// <summary>The next fsync of each thread fails with EIO, and the others do what they say.</summary>
    public static Task<AttachedStrace> FailOnceAsync(int process, string log) => AttachAsync(process, log, "error=EIO:when=1");

    public static Task<AttachedStrace> DelayAsync(int process, string log, TimeSpan delay) =>
        AttachAsync(process, log, $"delay_enter={(long)delay.TotalMicroseconds}");

    /// <summary>The calls that it failed or held up, as it wrote them down; complete once it was disposed of.</summary>
    public IReadOnlyList<string> MeddledCalls =>
        [.. File.ReadLines(log).Where(line => line.Contains(Strace.Injected) || line.Contains(Delayed))];

    public async ValueTask DisposeAsync()
    {
        if (!strace.HasExited) Tool.Complaint("kill", $"{strace.Id}"); // asked to end it detaches
        await strace.WaitForExitAsync().WaitAsync(GatewayProcess.Patience);
        strace.Dispose();
    }

    private static async Task<AttachedStrace> AttachAsync(int process, string log, string meddling)
    {
        AttachedStrace attached = new(process, log, meddling);
        await attached.said.FirstAsync(line => line.Contains(Attached)).WaitAsync(GatewayProcess.Patience);
        return attached;
    }

    private static Process Start(int process, string log, string meddling)
    {
        string[] arguments = ["-f", "-y", "-p", $"{process}", "-o", log, "-e", "trace=fsync,fdatasync", "-e", $"inject=fsync,fdatasync:{meddling}"];
        return Process.Start(new ProcessStartInfo("strace", arguments) { RedirectStandardError = true })!;
    }

    private static string? ComplaintOfAttaching()
    {
        using Process sleeper = Process.Start("sleep", "60");
        using Process strace = Start(sleeper.Id, "/dev/null", "error=EIO");
        string? answer = strace.StandardError.ReadLine();
        sleeper.Kill(); // which ends strace too
        strace.WaitForExit();
        return answer?.Contains(Attached) == true ? null : $"strace may not attach: {answer}";
    }
}
