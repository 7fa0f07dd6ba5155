using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Postgres.Deployment;

/// <summary>The scripts of <c>deploy/local</c>, copied, so that what somebody has up stays as it is.</summary>
/// <param name="options">For <c>up.sh</c>.</param>
internal sealed class LocalDeployment(params string[] options) : IAsyncDisposable
{
    private static readonly string[] Scripts = ["up.sh", "down.sh", "lib.sh"];

    private readonly TestDirectory directory = Copied();

    /// <summary>The first of as many in a row as it may take.</summary>
    public int BalancerPort { get; } = FreePorts(50);

    public int AdminPort => BalancerPort + 1;

    public int GatewayPort => BalancerPort + 2;

    public string State => Path.Combine(directory.Root, ".state");

    /// <summary>Of the process id, and when it began.</summary>
    public int ProcessId(string part) => int.Parse(File.ReadAllText(Path.Combine(State, $"{part}.pid")).Split(' ')[0], CultureInfo.InvariantCulture);

    public void Kill(string part)
    {
        using Process process = Process.GetProcessById(ProcessId(part));
        process.Kill();
    }

    /// <summary>What it said, where it succeeded.</summary>
    public async Task<string> UpAsync()
    {
        (int code, string said) = await TryUpAsync(options);
        return code == 0 ? said : throw new InvalidOperationException($"up.sh ended with {code}: {said}");
    }

    /// <param name="given">Instead of its own options.</param>
    public Task<(int Code, string Said)> TryUpAsync(params string[] given) => RunAsync("up.sh", given);

    public Task<(int Code, string Said)> DownAsync() => RunAsync("down.sh");

    public async ValueTask DisposeAsync()
    {
        await DownAsync();
        directory.Dispose();
    }

    private async Task<(int Code, string Said)> RunAsync(string script, params string[] given)
    {
        ProcessStartInfo start = new("bash", [Path.Combine(directory.Root, script), .. given]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["BALANCER_PORT"] = $"{BalancerPort}";
        start.Environment["ADMIN_PORT"] = $"{AdminPort}";
        start.Environment["GATEWAY_PORT"] = $"{GatewayPort}";
        start.Environment["GATEWAY"] = Path.Combine(AppContext.BaseDirectory, "CaptchaCluster.Gateway.dll");
        start.Environment["SILO"] = Path.Combine(AppContext.BaseDirectory, "CaptchaCluster.Silo.dll");
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(GatewayProcess.Patience);
        return (process.ExitCode, await output + await errors);
    }

    private static TestDirectory Copied([CallerFilePath] string here = "")
    {
        TestDirectory copy = new();
        string source = Path.GetFullPath(Path.Combine(here, "../../../../deploy/local"));
        foreach (string script in Scripts) File.Copy(Path.Combine(source, script), Path.Combine(copy.Root, script));
        return copy;
    }

    /// <summary>Below those that the system gives away; what is taken meanwhile fails the start, which tells so.</summary>
    private static int FreePorts(int count)
    {
        while (true)
        {
            int first = Random.Shared.Next(20_000, 32_000 - count);
            if (Enumerable.Range(first, count).All(IsFree)) return first;
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using TcpListener listener = new(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
