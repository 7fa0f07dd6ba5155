using System.Net;
using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Chaos.Node;
using CaptchaCluster.Tests.Chaos.Workload;
using CaptchaCluster.Tests.Processes.Network;

namespace CaptchaCluster.Tests.Chaos.Deployments.Cluster;

/// <summary>
/// A gateway and a silo that do not hear each other, while everybody else hears both: nobody is voted out. What the gateway had
/// sent by way of this silo is answered late, by another way, or 503 (I5), which may be a single request; all else goes on.
/// </summary>
internal sealed class GatewayCutFault : IFault<ClusterStage>
{
    // IRedemptionGrain.Patience, but for what timers are early by.
    private static readonly TimeSpan OneCallInVain = TimeSpan.FromSeconds(1.9);

    public string Kind => "net-gateway";

    public string Description => "a gateway cut off from one silo (needs network namespaces)";

    public string? WhyNot => PrivateNetwork.WhyNot;

    public bool FitsIn(ClusterStage stage) => stage.HasNetwork;

    public async Task<bool> StrikeAsync(ClusterStage stage, Random random)
    {
        SupervisedSilo silo = await stage.AnySiloAsync(random);
        ChaosNode gateway = stage.AnyNode(random);
        IPEndPoint way = new(silo.Place.Address, ClusterStage.GatewayPort);
        await Pulse.UntilAsync(() => TcpConnections.Lead(gateway.Process.Id, way), $"a gateway's connection to silo {silo.Number}");
        long undecided = gateway.Pulse.Undecided;
        gateway.Pulse.ResetSlowestAnswer();
        stage.Network.Cut(silo.Place, stage.PlaceOf(gateway));
        await Pulse.UntilAsync(
            () => gateway.Pulse.Undecided > undecided || gateway.Pulse.SlowestAnswer > OneCallInVain, $"a call in vain to silo {silo.Number}");
        long succeeded = gateway.Pulse.Succeeded;
        await Task.Delay(random.Next(0, 6000));
        await Pulse.UntilAsync(() => gateway.Pulse.Succeeded > succeeded, $"success by the gateway that does not reach silo {silo.Number}");
        stage.Network.Heal();
        return true;
    }
}
