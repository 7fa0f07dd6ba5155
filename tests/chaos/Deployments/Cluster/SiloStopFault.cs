using CaptchaCluster.Tests.Chaos.Nemesis;

namespace CaptchaCluster.Tests.Chaos.Deployments.Cluster;

/// <summary>SIGTERM of a silo: it hands its shards over. It is started again once others serve them.</summary>
internal sealed class SiloStopFault : IFault<ClusterStage>
{
    public string Kind => "silo-stop";

    public string Description => "SIGTERM of a silo under load";

    public string? WhyNot => null;

    public bool FitsIn(ClusterStage stage) => true;

    public async Task<bool> StrikeAsync(ClusterStage stage, Random random)
    {
        SupervisedSilo silo = await stage.AnySiloAsync(random);
        int ends = silo.Ends;
        using (silo.HoldStarts())
        {
            await stage.Pulse.AtSendAsync(random.Next(1, 400), silo.Terminate);
            await stage.ServedElsewhereAsync(silo);
        }

        await silo.StartedAgainAsync(ends);
        return true;
    }
}
