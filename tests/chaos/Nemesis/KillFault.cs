using CaptchaCluster.Tests.Chaos.Deployments;
using CaptchaCluster.Tests.Chaos.Node;

namespace CaptchaCluster.Tests.Chaos.Nemesis;

/// <summary>kill -9 of a node while requests to it are in flight.</summary>
internal sealed class KillFault : IFault<Stage>
{
    public string Kind => FaultMark.Crash;

    public string Description => "kill -9 under load";

    public string? WhyNot => null;

    public bool FitsIn(Stage stage) => true;

    public async Task<bool> StrikeAsync(Stage stage, Random random)
    {
        ChaosNode node = stage.AnyNode(random);
        long cutOff = node.Pulse.CutOff;
        await node.Pulse.AtSendAsync(random.Next(1, 200), node.Kill);
        await node.Process.EndedAsync();
        await stage.ReadLedgerAsync(wasKilled: true);
        await node.StartAsync();
        return node.Pulse.CutOff > cutOff;
    }
}
