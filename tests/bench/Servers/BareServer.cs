namespace CaptchaCluster.Bench.Servers;

/// <summary>The yardstick.</summary>
internal static class BareServer
{
    private const string Announcement = "listening ";

    /// <param name="isHostedAsGateway">With what the gateway's public listener asks of Kestrel and the runtime, instead of the defaults.</param>
    /// <param name="cancelled">Ends the wait.</param>
    public static async Task<Contender> StartAsync(bool isHostedAsGateway, CancellationToken cancelled)
    {
        DotnetServer server = isHostedAsGateway
            ? DotnetServer.Start(
                "CaptchaCluster.Bench.Bare.dll", ["--on-socket-threads"], DotnetServer.InlineCompletions, ("DOTNET_ThreadPool_UnfairSemaphoreSpinLimit", "0"))
            : DotnetServer.Start("CaptchaCluster.Bench.Bare.dll", []);
        return await AnnouncedAsync(server, store: null, cancelled);
    }

    /// <summary>Waits for the line in which the servers of this folder tell their address; where it does not come, ends what was started.</summary>
    public static async Task<Contender> AnnouncedAsync(DotnetServer server, ServerProcess? store, CancellationToken cancelled)
    {
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
