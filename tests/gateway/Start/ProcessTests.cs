using System.Diagnostics;
using System.Text;

namespace CaptchaCluster.Tests.Gateway.Start;

/// <summary>The program as an operator starts it: a process, its exit code and its two streams.</summary>
public sealed class ProcessTests : IDisposable
{
    private readonly TestDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task A_refused_start_is_one_line_on_standard_error_and_exit_code_2()
    {
        using Process process = Start("--Gateway:Listen=https://127.0.0.1:0");
        string output = await process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(2, process.ExitCode);
        Assert.Equal("", output);
        Assert.StartsWith("Gateway:Listen is 'https://127.0.0.1:0'; allowed is http://host:port", error);
        Assert.Equal(error.Length - 1, error.IndexOf('\n'));
    }

    [Fact]
    public async Task A_second_process_on_the_directory_gets_one_line()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(directory);
        using Process process = Start();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(2, process.ExitCode);
        Assert.Equal($"The data directory '{directory.Path}' is in use by another process; stop that one, or set Gateway:DataDirectory to another.\n", error);
    }

    [Fact]
    [Trait("Invariant", "I11")]
    public async Task Whatever_is_logged_holds_no_secret_and_a_signal_ends_it_cleanly()
    {
        using Process process = Start("--Logging:LogLevel:Default=Trace", "--Logging:LogLevel:Microsoft=Trace", "--Logging:LogLevel:Microsoft.AspNetCore=Trace");
        Task<string> error = process.StandardError.ReadToEndAsync();
        (string output, Uri address, string secret) = await ReadAnnouncementAsync(process);
        using HttpClient client = new() { BaseAddress = address };
        foreach (string path in new[] { "/siteverify", "/elsewhere" })
        {
            await client.PostAsync($"{path}?secret={secret}&response=x", null);
            await client.GetAsync($"{path}?secret={secret}");
        }

        using (Process kill = Process.Start("kill", ["-TERM", process.Id.ToString()])) await kill.WaitForExitAsync();
        output += await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        Assert.Equal("", await error);
        Assert.DoesNotContain(secret, output);
    }

    /// <summary>A pipe holds little, and who should empty it may have stopped.</summary>
    [Fact]
    [Trait("Invariant", "I10")]
    public async Task A_log_that_nobody_reads_holds_up_no_answer()
    {
        using Process process = Start(
            "--Logging:LogLevel:Default=Trace", "--Logging:LogLevel:Microsoft=Trace", "--Logging:LogLevel:Microsoft.AspNetCore.Server.Kestrel=Trace");
        try
        {
            (_, Uri address, _) = await ReadAnnouncementAsync(process);
            using HttpClient client = new() { BaseAddress = address, Timeout = TimeSpan.FromMinutes(1) };
            for (int i = 0; i < 2000; i++) (await client.GetAsync("/healthz/live")).EnsureSuccessStatusCode().Dispose();
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    private Process Start(params string[] args)
    {
        ProcessStartInfo start = new("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory.Root,
            ArgumentList =
            {
                Path.Combine(AppContext.BaseDirectory, "CaptchaCluster.Gateway.dll"),
                $"--Gateway:DataDirectory={directory.Path}",
            },
        };
        foreach (string arg in args) start.ArgumentList.Add(arg);

        // As container images and Kubernetes set them; ours are the only addresses all the same.
        start.Environment["ASPNETCORE_URLS"] = "http://*:1";
        start.Environment["Gateway__Listen"] = "http://127.0.0.1:0";
        start.Environment["Gateway__AdminListen"] = "http://127.0.0.1:0";
        return Process.Start(start)!;
    }

    /// <summary>Reads to the end of the announcement; what was logged before and within it comes without it.</summary>
    private static async Task<(string Logged, Uri Address, string Secret)> ReadAnnouncementAsync(Process process)
    {
        StringBuilder logged = new();
        string secret = "";
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is ["secret", var value]) secret = value;
            else if (words is ["curl", ..]) return (logged.ToString(), new Uri(words[^1]), secret);
            else logged.AppendLine(line);
        }

        throw new InvalidOperationException(logged.ToString());
    }
}
