using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Chaos.Node;
using CaptchaCluster.Tests.Chaos.Workload;

namespace CaptchaCluster.Tests.Chaos.Deployments.Postgres;

/// <summary>Some gateways killed again and again while they start, while the others serve.</summary>
internal sealed class StartStormFault : IFault<PostgresStage>
{
    public string Kind => "start-storm";

    public string Description => "kill -9 of one start after the other, of some gateways";

    public string? WhyNot => null;

    public bool FitsIn(PostgresStage stage) => true;

    public async Task<bool> StrikeAsync(PostgresStage stage, Random random)
    {
        ChaosNode[] storm = [.. stage.Nodes];
        random.Shuffle(storm);
        storm = storm[..random.Next(1, storm.Length)];
        foreach (ChaosNode node in storm) node.Kill();
        foreach (ChaosNode node in storm) await node.Process.EndedAsync();
        bool hasBitten = false;
        for (int starts = random.Next(2, 4); starts > 0; starts--)
        {
            // Once it has reached the database it reads sites, makes sure of partitions, or has just begun to serve.
            int accepted = stage.Proxy.Accepted;
            foreach (ChaosNode node in storm) await node.LaunchAsync();
            if (random.Next(3) > 0) await Pulse.UntilAsync(() => stage.Proxy.Accepted > accepted, "a start that reaches the database");
            await Task.Delay(random.Next(0, 500));
            hasBitten |= stage.Proxy.Accepted > accepted;
            foreach (ChaosNode node in storm) node.Kill();
            foreach (ChaosNode node in storm) await node.Process.EndedAsync();
        }

        await Task.WhenAll(storm.Select(node => node.StartAsync()));
        await stage.ReadLedgerAsync(wasKilled: true);
        return hasBitten;
    }
}
