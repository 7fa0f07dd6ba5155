using CaptchaCluster.Tests.Chaos.Node;
using CaptchaCluster.Tests.Chaos.Workload;

namespace CaptchaCluster.Tests.Chaos.Nemesis;

/// <summary>
/// The node's wall clock is set ahead or back, and right again. Beyond MaxClockSkew it must notice, and forget nothing meanwhile;
/// within it the process is sometimes killed, so that the next one knows no other time.
/// </summary>
internal sealed class ClockJumpFault(bool isBeyondSkew) : IFault
{
    private const int TtlSeconds = 60;

    /// <summary>Of times in whole seconds, read on the way.</summary>
    private static readonly TimeSpan Rounding = TimeSpan.FromSeconds(1.5);

    public string Kind => isBeyondSkew ? "clock-beyond" : "clock-within";

    public string Description => $"the wall clock jumps {(isBeyondSkew ? "beyond" : "within")} MaxClockSkew and back (needs libfaketime)";

    public string? WhyNot => FakeClock.WhyNot;

    public bool FitsIn(Stage stage) => stage.Clock is not null;

    public async Task<bool> StrikeAsync(Stage stage, Random random)
    {
        int skew = (int)ChaosNode.MaxClockSkew.TotalSeconds;

        // A process that was started while the clock was off by up to the skew measures from there.
        int seconds = isBeyondSkew ? random.Next((2 * skew) + 5, 60) : random.Next(4, skew);
        TimeSpan offset = TimeSpan.FromSeconds(random.Next(2) == 0 ? seconds : -seconds);
        int frozen = Freezes(stage);
        await SetAsync(stage, offset);
        if (isBeyondSkew) await Pulse.UntilAsync(() => Freezes(stage) > frozen, "the node's word that it forgets nothing");
        else if (random.Next(2) == 0) await stage.RestartAsync(kill: true);
        await Task.Delay(random.Next(500, 2000));
        await SetAsync(stage, TimeSpan.Zero);
        if (isBeyondSkew) await stage.RestartAsync(kill: random.Next(2) == 0); // and look what it has forgotten
        return true;
    }

    private static int Freezes(Stage stage) => stage.Node.Process.Output.CountOf(line => line.Contains(" event=PurgeFrozen "));

    /// <summary>Returns once a token was issued by the new time.</summary>
    private async Task SetAsync(Stage stage, TimeSpan offset)
    {
        long begun = stage.Run.Recorder.Now;
        stage.Clock!.Set(offset);
        while ((await OffsetOfNextTokenAsync(stage) - offset).Duration() > Rounding)
        {
            if (TimeProvider.System.GetElapsedTime(begun) > GatewayProcess.Patience)
                throw new TimeoutException($"The clock was set {offset} ahead, and the node does not go by it.");
            await Task.Delay(20);
        }

        stage.Run.Recorder.MarkClockShift(begun, offset, isBeyondSkew && offset != TimeSpan.Zero);
    }

    // Nobody ever tries this token.
    private static async Task<TimeSpan> OffsetOfNextTokenAsync(Stage stage)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string[] tokens = await stage.Node.Process.Admin.MintAsync(Owners.QuietSiteOf(stage.Run).Key.ToString(), 1, TtlSeconds);
        return MintedToken.Read(tokens[0]).Expiry.AddSeconds(-TtlSeconds) - now;
    }
}
