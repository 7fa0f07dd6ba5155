namespace CaptchaCluster.Bench.Servers;

/// <summary>The servers of this folder that <c>BenchHost</c> hosts.</summary>
internal static class HostedServer
{
    private const string Announcement = "listening ";

    /// <summary>The yardstick.</summary>
    /// <param name="isHostedAsGateway">With what the gateway's public listener asks of Kestrel and the runtime, instead of the defaults.</param>
    /// <param name="cancelled">Ends the wait.</param>
    public static Task<Contender> StartBareAsync(bool isHostedAsGateway, CancellationToken cancelled) =>
        StartAsync("CaptchaCluster.Bench.Bare.dll", [], isHostedAsGateway, store: null, cancelled);

    /// <summary>Waits until it serves; where it does not, ends what was started, the store too.</summary>
    public static async Task<Contender> StartAsync(
        string assembly, string[] arguments, bool isHostedAsGateway, ServerProcess? store, CancellationToken cancelled)
    {
        DotnetServer server = isHostedAsGateway
            ? DotnetServer.Start(
                assembly,
                [.. arguments, "--on-socket-threads"],
                ("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1"),
                ("DOTNET_ThreadPool_UnfairSemaphoreSpinLimit", "0"))
            : DotnetServer.Start(assembly, arguments);
        try
        {
            string line = await server.LineAsync(line => line.StartsWith(Announcement, StringComparison.Ordinal), cancelled);
            return new Contender(new Uri(line[Announcement.Length..]), server, store);
        }
        catch
        {
            await server.DisposeAsync();
            if (store is not null) await store.DisposeAsync();
            throw;
        }
    }
}
