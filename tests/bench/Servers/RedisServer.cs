using CaptchaCluster.Tests.Load;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Bench.Servers;

/// <summary>What one would build instead: a front that lets <c>SET key NX EX</c> decide, over a Redis that writes each command to its log.</summary>
internal static class RedisServer
{
    private const string Program = "redis-server";

    /// <summary>Null where it is not installed.</summary>
    public static string? Version()
    {
        try
        {
            return Tool.Output(Program, "--version").Split(' ') is ["Redis", "server", var version, ..] ? version[2..] : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Behind the gateway itself, in place of its ledger.</summary>
    /// <param name="directory">Empty; it gets the log, the socket and the data directory.</param>
    /// <param name="fsync">As <c>appendfsync</c> has it.</param>
    /// <param name="like">Whose sites and keys it gets, so that the same tokens are its own.</param>
    /// <param name="clock">Of the run.</param>
    /// <param name="cancelled">Ends the wait.</param>
    public static async Task<Contender> StartBehindGatewayAsync(
        string directory, string fsync, GatewayServer like, TestClock clock, CancellationToken cancelled)
    {
        (ServerProcess redis, string socket) = await StartAsync(directory, fsync, cancelled);
        try
        {
            GatewayServer front = await GatewayServer.StartOverRedisAsync(socket, Path.Combine(directory, "data"), like, clock, cancelled);
            front.Admin.Dispose();
            return front.Contender with { Store = redis };
        }
        catch
        {
            await redis.DisposeAsync();
            throw;
        }
    }

    /// <summary>Behind a front that checks nothing.</summary>
    /// <param name="directory">Empty; it gets the log and the socket.</param>
    /// <param name="fsync">As <c>appendfsync</c> has it.</param>
    /// <param name="cancelled">Ends the wait.</param>
    public static async Task<Contender> StartBehindThinFrontAsync(string directory, string fsync, CancellationToken cancelled)
    {
        (ServerProcess redis, string socket) = await StartAsync(directory, fsync, cancelled);

        // Hosted as the gateway is: with Kestrel's defaults it does worse at 64 connections, and no better at 256.
        return await HostedServer.StartAsync("CaptchaCluster.Bench.RedisThin.dll", [socket], isHostedAsGateway: true, redis, cancelled);
    }

    private static async Task<(ServerProcess Redis, string Socket)> StartAsync(string directory, string fsync, CancellationToken cancelled)
    {
        // A socket of the file system spares it TCP, and rewriting its log, which would run beside, is off: both in its favour.
        string socket = Path.Combine(directory, "socket");
        ServerProcess redis = ServerProcess.Start(Program, [
            "--port", "0", "--unixsocket", socket, "--dir", directory, "--save", "", "--daemonize", "no",
            "--appendonly", "yes", "--appendfsync", fsync, "--auto-aof-rewrite-percentage", "0",
        ]);
        try
        {
            await redis.LineAsync(line => line.Contains("ready to accept connections", StringComparison.OrdinalIgnoreCase), cancelled);
            return (redis, socket);
        }
        catch
        {
            await redis.DisposeAsync();
            throw;
        }
    }
}
