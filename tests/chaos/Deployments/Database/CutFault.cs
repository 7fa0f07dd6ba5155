using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Chaos.Workload;
using CaptchaCluster.Tests.Processes.Postgres;

namespace CaptchaCluster.Tests.Chaos.Deployments.Database;

/// <summary>Some inserts lose their connection at one certain moment. Where the server has recorded by then, it must have recorded something.</summary>
internal sealed class CutFault(string kind, string description, Cut cut) : IFault<DatabaseStage>
{
    public string Kind => kind;

    public string Description => description;

    public string? WhyNot => null;

    public bool FitsIn(DatabaseStage stage) => true;

    public async Task<bool> StrikeAsync(DatabaseStage stage, Random random)
    {
        CuttingProxy proxy = stage.Proxies[random.Next(stage.Proxies.Count)];
        int unheard = proxy.Unheard.Count, made = proxy.Made(cut), count = random.Next(1, 4);
        proxy.Plan([.. Enumerable.Repeat(cut, count)]);
        await Pulse.UntilAsync(() => proxy.Made(cut) >= made + count, $"{count} inserts that are cut");
        await stage.ReadyAsync();
        return cut == Cut.BeforeItIsSent || proxy.Unheard.Count > unheard;
    }
}
