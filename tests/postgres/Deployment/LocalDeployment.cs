using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Postgres.Deployment;

/// <summary>The scripts of <c>deploy/local</c>, copied, so that what somebody has up stays as it is.</summary>
internal sealed class LocalDeployment : IAsyncDisposable
{
    private static readonly string[] Scripts = ["up.sh", "down.sh", "lib.sh"];

    private readonly TestDirectory directory = new();

    public LocalDeployment()
    {
        // One after the other from a free one on; what is taken meanwhile fails the start, which tells so.
        BalancerPort = FreePort();
        AdminPort = FreePort();
        GatewayPort = FreePort();
        foreach (string script in Scripts) File.Copy(Path.Combine(Source(), script), Path.Combine(directory.Root, script));
    }

    public int BalancerPort { get; }

    public int AdminPort { get; }

    public int GatewayPort { get; }

    public string State => Path.Combine(directory.Root, ".state");

    /// <summary>Of the process id, and when it began.</summary>
    public int ProcessId(string part) => int.Parse(File.ReadAllText(Path.Combine(State, $"{part}.pid")).Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);

    public Task<(int Code, string Said)> UpAsync() => RunAsync("up.sh");

    public Task<(int Code, string Said)> DownAsync() => RunAsync("down.sh");

    public async ValueTask DisposeAsync()
    {
        await DownAsync();
        directory.Dispose();
    }

    private async Task<(int Code, string Said)> RunAsync(string script)
    {
        ProcessStartInfo start = new("bash", [Path.Combine(directory.Root, script)]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["BALANCER_PORT"] = $"{BalancerPort}";
        start.Environment["ADMIN_PORT"] = $"{AdminPort}";
        start.Environment["GATEWAY_PORT"] = $"{GatewayPort}";
        start.Environment["GATEWAY"] = Path.Combine(AppContext.BaseDirectory, "CaptchaCluster.Gateway.dll");
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(GatewayProcess.Patience);
        return (process.ExitCode, await output + await errors);
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Source([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(here, "../../../../deploy/local"));
}
