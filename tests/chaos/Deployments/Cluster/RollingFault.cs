using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Chaos.Node;

namespace CaptchaCluster.Tests.Chaos.Deployments.Cluster;

/// <summary>SIGTERM and a new start of every process, one after the other: silos first.</summary>
internal sealed class RollingFault : IFault<ClusterStage>
{
    public string Kind => "rolling";

    public string Description => "every process restarted, one after the other";

    public string? WhyNot => null;

    public bool FitsIn(ClusterStage stage) => true;

    public async Task<bool> StrikeAsync(ClusterStage stage, Random random)
    {
        long moved = stage.Owners.Moved;
        foreach (SupervisedSilo silo in stage.Silos)
        {
            await silo.ServingAsync();
            int ends = silo.Ends;
            silo.Terminate();
            await silo.StartedAgainAsync(ends);
        }

        foreach (ChaosNode gateway in stage.Nodes)
        {
            gateway.Terminate();
            await gateway.StoppedAsync();
            await gateway.StartAsync();
        }

        return stage.Owners.Moved > moved;
    }
}
