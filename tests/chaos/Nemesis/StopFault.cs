using CaptchaCluster.Tests.Chaos.Deployments;
using CaptchaCluster.Tests.Chaos.Node;

namespace CaptchaCluster.Tests.Chaos.Nemesis;

/// <summary>SIGTERM of a node while requests to it are in flight: it ends without complaint, and leaves nothing half done.</summary>
internal sealed class StopFault : IFault<Stage>
{
    public string Kind => "stop";

    public string Description => "SIGTERM under load";

    public string? WhyNot => null;

    public bool FitsIn(Stage stage) => true;

    public async Task<bool> StrikeAsync(Stage stage, Random random)
    {
        ChaosNode node = stage.AnyNode(random);
        long inFlight = 0;
        await node.Pulse.AtSendAsync(random.Next(1, 200), () =>
        {
            inFlight = node.Pulse.InFlight;
            node.Terminate();
        });
        await node.StoppedAsync();
        await stage.ReadLedgerAsync(wasKilled: false);
        await node.StartAsync();
        return inFlight > 0;
    }
}
