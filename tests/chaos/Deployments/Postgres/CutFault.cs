using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Chaos.Workload;
using CaptchaCluster.Tests.Processes.Postgres;

namespace CaptchaCluster.Tests.Chaos.Deployments.Postgres;

/// <summary>Some inserts lose their connection at one certain moment. Where the server has recorded by then, it must have recorded something.</summary>
internal sealed class CutFault(string kind, string description, Cut cut) : IFault<PostgresStage>
{
    public string Kind => kind;

    public string Description => description;

    public string? WhyNot => null;

    public bool FitsIn(PostgresStage stage) => true;

    public async Task<bool> StrikeAsync(PostgresStage stage, Random random)
    {
        int unheard = stage.Proxy.Unheard.Count, made = stage.Proxy.Made(cut), count = random.Next(1, 4);
        stage.Proxy.Plan([.. Enumerable.Repeat(cut, count)]);
        await Pulse.UntilAsync(() => stage.Proxy.Made(cut) >= made + count, $"{count} inserts that are cut");
        await stage.ReadyAsync();
        return cut == Cut.BeforeItIsSent || stage.Proxy.Unheard.Count > unheard;
    }
}
