namespace CaptchaCluster.Tests.Chaos.Node;

/// <summary>Sets the clock of a node that runs.</summary>
internal static class NodeClock
{
    private const int TtlSeconds = 60;

    /// <summary>Of times in whole seconds, read on the way.</summary>
    private static readonly TimeSpan Rounding = TimeSpan.FromSeconds(1.5);

    /// <summary>Returns once the node was seen to issue a token by the new time.</summary>
    /// <param name="node">With a clock that can be set.</param>
    /// <param name="offset">By which it is ahead from then on.</param>
    /// <param name="site">Works at all times.</param>
    public static async Task SetAsync(ChaosNode node, TimeSpan offset, RecordedSite site)
    {
        long begun = TimeProvider.System.GetTimestamp();
        node.Clock!.Set(offset);
        while ((await OffsetOfNextTokenAsync(node, site) - offset).Duration() > Rounding)
        {
            if (TimeProvider.System.GetElapsedTime(begun) > GatewayProcess.Patience)
                throw new TimeoutException($"The clock was set {offset} ahead, and the node does not go by it.");
            await Task.Delay(20);
        }
    }

    // Nobody ever tries this token.
    private static async Task<TimeSpan> OffsetOfNextTokenAsync(ChaosNode node, RecordedSite site)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string[] tokens = await node.Process.Admin.MintAsync(site.Key.ToString(), 1, TtlSeconds);
        return MintedToken.Read(tokens[0]).Expiry.AddSeconds(-TtlSeconds) - now;
    }
}
