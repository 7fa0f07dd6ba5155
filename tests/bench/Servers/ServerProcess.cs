using System.Diagnostics;
using System.Runtime.InteropServices;
using CaptchaCluster.Tests.Load;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Bench.Servers;

/// <summary>
/// A server as a process of its own, with nothing of this one's environment that could change how it runs. Disposing of it asks
/// it to end, and kills it where it does not.
/// </summary>
internal sealed class ServerProcess : IDatabase
{
    private const int SigTerm = 15;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(20);
    private static readonly string[] Inherited = ["PATH", "HOME", "TMPDIR", "DOTNET_ROOT", "DOTNET_HOST_PATH"];

    private readonly Process process;
    private readonly OutputLines output = new();
    private readonly OutputLines errors = new();

    private ServerProcess(ProcessStartInfo start)
    {
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => output.Add(line.Data);
        process.ErrorDataReceived += (_, line) => errors.Add(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => process.Id;

    public static ServerProcess Start(string program, IEnumerable<string> arguments, params IEnumerable<(string Name, string Value)> environment)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (string name in start.Environment.Keys.Except(Inherited).ToList()) start.Environment.Remove(name);
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        return new ServerProcess(start);
    }

    /// <summary>The first line it writes that matches.</summary>
    /// <exception cref="SetupException">It ended without, or does not write it.</exception>
    public async Task<string> LineAsync(Func<string, bool> matches, CancellationToken cancelled)
    {
        try
        {
            return await output.FirstAsync(matches).WaitAsync(Patience, cancelled);
        }
        catch (EndOfStreamException)
        {
            await process.WaitForExitAsync(cancelled);
            throw Failure($"ended with {process.ExitCode}");
        }
        catch (TimeoutException)
        {
            throw Failure("does not answer");
        }
    }

    public Task<DatabaseUse> ReadUseAsync(CancellationToken cancelled) => Task.FromResult(new DatabaseUse(ProcessUse.Cpu(Id)));

    public Task EndedAsync(CancellationToken cancelled) => process.WaitForExitAsync(cancelled);

    /// <summary>Writes a line to its standard input.</summary>
    /// <exception cref="SetupException">It has ended.</exception>
    public async Task SayAsync(string line)
    {
        try
        {
            await process.StandardInput.WriteLineAsync(line);
        }
        catch (IOException)
        {
            throw Failure("has ended");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) _ = SendSignal(process.Id, SigTerm);
        using (CancellationTokenSource enough = new(EndPatience))
        {
            try
            {
                await process.WaitForExitAsync(enough.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }

        process.Dispose();
    }

    private SetupException Failure(string what) =>
        new($"{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)} {what}.\n{output}\n{errors}");

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int process, int signal);
}
