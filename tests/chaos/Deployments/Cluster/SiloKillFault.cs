using CaptchaCluster.Tests.Chaos.Nemesis;

namespace CaptchaCluster.Tests.Chaos.Deployments.Cluster;

/// <summary>kill -9 of a silo while requests are in flight. It is started again once others serve its shards.</summary>
internal sealed class SiloKillFault : IFault<ClusterStage>
{
    public string Kind => "silo-kill";

    public string Description => "kill -9 of a silo under load";

    public string? WhyNot => null;

    public bool FitsIn(ClusterStage stage) => true;

    public async Task<bool> StrikeAsync(ClusterStage stage, Random random)
    {
        SupervisedSilo silo = await stage.AnySiloAsync(random);
        int ends = silo.Ends;
        using (silo.HoldStarts())
        {
            await stage.Pulse.AtSendAsync(random.Next(1, 400), silo.Kill);
            await silo.EndedAsync(ends);
            await stage.ReadLedgerAsync(wasKilled: true);
            await stage.ServedElsewhereAsync(silo);
        }

        await silo.StartedAgainAsync(ends);
        return true;
    }
}
