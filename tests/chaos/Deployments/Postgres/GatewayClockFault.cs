using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Chaos.Node;
using CaptchaCluster.Tests.Chaos.Workload;

namespace CaptchaCluster.Tests.Chaos.Deployments.Postgres;

/// <summary>
/// One gateway's wall clock runs ahead and another's behind, for a while. The database's clock judges, so nothing is redeemed
/// late and nothing forgotten early, also by a gateway that was started meanwhile and knows no other time.
/// </summary>
internal sealed class GatewayClockFault(bool isBeyondSkew) : IFault<PostgresStage>
{
    public string Kind => isBeyondSkew ? "clock-beyond" : "clock-within";

    public string Description =>
        $"two gateways' clocks, one ahead and one behind, {(isBeyondSkew ? "beyond" : "within")} MaxClockSkew (needs libfaketime)";

    public string? WhyNot => FakeClock.WhyNot;

    public bool FitsIn(PostgresStage stage) => true;

    public async Task<bool> StrikeAsync(PostgresStage stage, Random random)
    {
        int skew = (int)ChaosNode.MaxClockSkew.TotalSeconds;
        long begun = stage.Run.Recorder.Now;
        ChaosNode[] nodes = [.. stage.ClockNodes];
        random.Shuffle(nodes);

        // A process that was started while its clock was off by up to the skew measures from there.
        TimeSpan[] offsets = [.. nodes.Select((_, i) => TimeSpan.FromSeconds((i % 2 == 0 ? 1 : -1) * (isBeyondSkew ? random.Next((2 * skew) + 5, 60) : random.Next(4, skew))))];
        await Task.WhenAll(nodes.Select((node, i) => SetAsync(stage, node, offsets[i])));
        await Task.WhenAll(nodes.Where(_ => random.Next(2) == 0).ToArray().Select(RestartAsync));
        await Task.Delay(random.Next(1000, 4000));
        await stage.ReadLedgerAsync(wasKilled: false);
        await Task.WhenAll(nodes.Select(node => NodeClock.SetAsync(node, TimeSpan.Zero, Owners.QuietSiteOf(stage.Run))));
        if (isBeyondSkew) await Task.WhenAll(nodes.Select(RestartAsync)); // or one that was started meanwhile would never believe its clock again
        foreach (TimeSpan offset in offsets) stage.Run.Recorder.MarkVerifierClock(begun, offset);
        return true;
    }

    private async Task SetAsync(PostgresStage stage, ChaosNode node, TimeSpan offset)
    {
        int frozen = node.CountFreezes();
        await NodeClock.SetAsync(node, offset, Owners.QuietSiteOf(stage.Run));
        if (isBeyondSkew) await Pulse.UntilAsync(() => node.CountFreezes() > frozen, "the gateway's word that it forgets nothing");
    }

    private static async Task RestartAsync(ChaosNode node)
    {
        node.Kill();
        await node.Process.EndedAsync();
        await node.StartAsync();
    }
}
