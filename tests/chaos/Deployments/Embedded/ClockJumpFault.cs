using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Chaos.Node;
using CaptchaCluster.Tests.Chaos.Workload;

namespace CaptchaCluster.Tests.Chaos.Deployments.Embedded;

/// <summary>
/// The node's wall clock is set ahead or back, and right again. Beyond MaxClockSkew it must notice, and forget nothing meanwhile;
/// within it the process is sometimes killed, so that the next one knows no other time.
/// </summary>
internal sealed class ClockJumpFault(bool isBeyondSkew) : IFault<EmbeddedStage>
{
    public string Kind => isBeyondSkew ? "clock-beyond" : "clock-within";

    public string Description => $"the wall clock jumps {(isBeyondSkew ? "beyond" : "within")} MaxClockSkew and back (needs libfaketime)";

    public string? WhyNot => FakeClock.WhyNot;

    public bool FitsIn(EmbeddedStage stage) => stage.Node.Clock is not null;

    public async Task<bool> StrikeAsync(EmbeddedStage stage, Random random)
    {
        int skew = (int)ChaosNode.MaxClockSkew.TotalSeconds;

        // A process that was started while the clock was off by up to the skew measures from there.
        int seconds = isBeyondSkew ? random.Next((2 * skew) + 5, 60) : random.Next(4, skew);
        TimeSpan offset = TimeSpan.FromSeconds(random.Next(2) == 0 ? seconds : -seconds);
        int frozen = stage.Node.CountFreezes();
        await SetAsync(stage, offset);
        if (isBeyondSkew) await Pulse.UntilAsync(() => stage.Node.CountFreezes() > frozen, "the node's word that it forgets nothing");
        else if (random.Next(2) == 0) await stage.RestartAsync(kill: true);
        await Task.Delay(random.Next(500, 2000));
        await SetAsync(stage, TimeSpan.Zero);
        if (isBeyondSkew) await stage.RestartAsync(kill: random.Next(2) == 0); // and look what it has forgotten
        return true;
    }

    private async Task SetAsync(EmbeddedStage stage, TimeSpan offset)
    {
        long begun = stage.Run.Recorder.Now;
        await NodeClock.SetAsync(stage.Node, offset, Owners.QuietSiteOf(stage.Run));
        stage.Run.Recorder.MarkClockShift(begun, offset, isBeyondSkew && offset != TimeSpan.Zero);
    }
}
