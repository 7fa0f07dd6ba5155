using CaptchaCluster.Tests.Chaos.Nemesis;

namespace CaptchaCluster.Tests.Chaos.Deployments.Cluster;

/// <summary>SIGSTOP of a silo, and SIGCONT before the others hold it for dead: its shards stay, and what was sent to them is answered late.</summary>
internal sealed class SiloPauseFault : IFault<ClusterStage>
{
    /// <summary>After which what had been sent before has been recorded.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromMilliseconds(200);

    public string Kind => "silo-pause";

    public string Description => "SIGSTOP of a silo, and SIGCONT after up to 4 s";

    public string? WhyNot => null;

    public bool FitsIn(ClusterStage stage) => true;

    public async Task<bool> StrikeAsync(ClusterStage stage, Random random)
    {
        SupervisedSilo silo = await stage.AnySiloAsync(random);
        await stage.Pulse.AtSendAsync(random.Next(1, 400), silo.Process.Pause);
        await Task.Delay(Settled);
        long recorded = stage.Owners.RecordedBy(silo.Number);
        await Task.Delay(random.Next(300, 3800));
        bool stoodStill = stage.Owners.RecordedBy(silo.Number) == recorded && stage.Pulse.InFlight > 0;
        silo.Process.Continue();
        return stoodStill;
    }
}
