using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Chaos.Workload;

namespace CaptchaCluster.Tests.Chaos.Deployments.Embedded;

/// <summary>Every fsync takes long, for seconds; sometimes the process is killed in the middle.</summary>
internal sealed class SlowDiskFault : IFault<EmbeddedStage>
{
    public string Kind => "slow-disk";

    public string Description => "every fsync takes up to half a second (needs strace)";

    public string? WhyNot => AttachedStrace.WhyNot;

    public bool FitsIn(EmbeddedStage stage) => true;

    public async Task<bool> StrikeAsync(EmbeddedStage stage, Random random)
    {
        string log = Path.Combine(stage.Folder, $"slow-disk-{stage.Run.Recorder.Now}.log");
        TimeSpan delay = TimeSpan.FromMilliseconds(random.Next(50, 500));
        bool kill = random.Next(3) == 0;
        AttachedStrace strace = await AttachedStrace.DelayAsync(stage.Node.Process.Id, log, delay);
        await using (strace)
        {
            stage.Pulse.ResetSlowestAnswer();
            await Pulse.UntilAsync(() => stage.Pulse.SlowestAnswer >= delay, "an answer that was held up by the disk");
            await Task.Delay(random.Next(500, 2000));
            if (kill) await stage.RestartAsync(kill: true);
        }

        return strace.MeddledCalls.Count > 0;
    }
}
