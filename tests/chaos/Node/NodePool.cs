namespace CaptchaCluster.Tests.Chaos.Node;

/// <summary>Spreads requests over nodes, as a load balancer would that knows which are gone.</summary>
internal sealed class NodePool(IReadOnlyList<ChaosNode> nodes)
{
    /// <summary>Any node that serves, or the first that serves again.</summary>
    public async Task<Incarnation> ServingAsync(Random random)
    {
        Task<Incarnation>[] all = [.. nodes.Select(node => node.ServingAsync())];
        Task<Incarnation>[] serving = [.. all.Where(node => node.IsCompletedSuccessfully)];
        return await (serving.Length > 0 ? serving[random.Next(serving.Length)] : await Task.WhenAny(all));
    }
}
