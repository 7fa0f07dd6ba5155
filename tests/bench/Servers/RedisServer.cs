using System.Text;
using CaptchaCluster.Tests.Load;
using CaptchaCluster.Tests.Load.Mix;
using CaptchaCluster.Tests.Processes;
using Answer = CaptchaCluster.Tests.Load.Mix.Answer;

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

    /// <param name="directory">Empty; it gets the log and the socket.</param>
    /// <param name="fsync">As <c>appendfsync</c> has it.</param>
    /// <param name="cancelled">Ends the wait.</param>
    public static async Task<Contender> StartAsync(string directory, string fsync, CancellationToken cancelled)
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
        }
        catch
        {
            await redis.DisposeAsync();
            throw;
        }

        // Hosted as the gateway is: with Kestrel's defaults it does worse at 64 connections, and no better at 256.
        Contender contender = await HostedServer.StartAsync("CaptchaCluster.Bench.Redis.dll", [socket], isHostedAsGateway: true, redis, cancelled);
        try
        {
            await RequireOnceAsync(contender.Front.Url, cancelled);
            return contender;
        }
        catch
        {
            await contender.DisposeAsync();
            throw;
        }
    }

    /// <summary>A competitor that spent no token would be a fast one.</summary>
    private static async Task RequireOnceAsync(Uri url, CancellationToken cancelled)
    {
        using HttpClient http = new();
        foreach (Answer expected in new[] { Answer.Success, Answer.Duplicate })
        {
            using FormUrlEncodedContent form = new([new("secret", "any"), new("response", "a-token-that-is-long-enough-to-have-a-MAC")]);
            using HttpResponseMessage response = await http.PostAsync(url, form, cancelled);
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancelled);
            if (AnswerReader.Read((int)response.StatusCode, body) != expected)
                throw new SetupException($"The front of Redis was to answer {expected}, and answered {(int)response.StatusCode} {Encoding.UTF8.GetString(body)}.");
        }
    }
}
