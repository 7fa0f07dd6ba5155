using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Chaos.Node;

namespace CaptchaCluster.Tests.Chaos.Deployments.Postgres;

/// <summary>kill -9 of every gateway at once: what the database holds is all that is left.</summary>
internal sealed class KillAllFault : IFault<PostgresStage>
{
    public string Kind => "kill-all";

    public string Description => "kill -9 of all gateways at once";

    public string? WhyNot => null;

    public bool FitsIn(PostgresStage stage) => true;

    public async Task<bool> StrikeAsync(PostgresStage stage, Random random)
    {
        long cutOff = stage.Pulse.CutOff;
        await stage.Pulse.AtSendAsync(random.Next(1, 400), () =>
        {
            foreach (ChaosNode node in stage.Nodes) node.Kill();
        });
        foreach (ChaosNode node in stage.Nodes) await node.Process.EndedAsync();
        await stage.ReadLedgerAsync(wasKilled: true);
        await Task.WhenAll(stage.Nodes.Select(node => node.StartAsync()));
        return stage.Pulse.CutOff > cutOff;
    }
}
