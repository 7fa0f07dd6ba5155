using CaptchaCluster.Tests.Chaos.Deployments;
using CaptchaCluster.Tests.Chaos.Node;

namespace CaptchaCluster.Tests.Chaos.Nemesis;

/// <summary>SIGSTOP of a node, and SIGCONT after up to seconds: some callers wait, some hang up.</summary>
internal sealed class PauseFault : IFault<Stage>
{
    /// <summary>After which what had been answered before has come.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromMilliseconds(200);

    public string Kind => "pause";

    public string Description => "SIGSTOP, and SIGCONT after up to 4 s";

    public string? WhyNot => null;

    public bool FitsIn(Stage stage) => true;

    public async Task<bool> StrikeAsync(Stage stage, Random random)
    {
        ChaosNode node = stage.AnyNode(random);
        await node.Pulse.AtSendAsync(random.Next(1, 200), node.Process.Pause);
        await Task.Delay(Settled);
        long answered = node.Pulse.Answered;
        await Task.Delay(random.Next(300, 3800));
        bool stoodStill = node.Pulse.Answered == answered && node.Pulse.InFlight > 0;
        node.Process.Continue();
        return stoodStill;
    }
}
