using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Cluster.Redis;

/// <summary>A real Redis of our own, at a free port of loopback, that keeps nothing on a disk.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private const string Program = "redis-server";

    private readonly string[] arguments;
    private Process? process;

    private RedisProcess(int port, string? password)
    {
        Port = port;
        arguments =
        [
            "--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no",
            .. password is null ? Array.Empty<string>() : ["--requirepass", password],
        ];
    }

    /// <summary>Why there is none here; null where there is.</summary>
    public static string? WhyNot => Tool.Complaint(Program, "--version") is null ? null : "needs Redis (Debian: redis-server)";

    public int Port { get; }

    public static async Task<RedisProcess> StartAsync(string? password = null)
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        RedisProcess redis = new(port, password);
        await redis.StartAsync();
        return redis;
    }

    /// <summary>Again, empty.</summary>
    public async Task StartAsync()
    {
        process = new Process { StartInfo = new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true } };
        OutputLines lines = new();
        process.OutputDataReceived += (_, line) => lines.Add(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await lines.FirstAsync(line => line.Contains("ready to accept connections", StringComparison.OrdinalIgnoreCase)).WaitAsync(GatewayProcess.Patience);
    }

    public async Task KillAsync()
    {
        if (process is null) return;
        process.Kill();
        await process.WaitForExitAsync().WaitAsync(GatewayProcess.Patience);
        process.Dispose();
        process = null;
    }

    public async ValueTask DisposeAsync() => await KillAsync();
}
