namespace CaptchaCluster.Tests.Chaos.Nemesis;

/// <summary>SIGSTOP, and SIGCONT after up to seconds: some callers wait, some hang up.</summary>
internal sealed class PauseFault : IFault
{
    /// <summary>After which what had been answered before has come.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromMilliseconds(200);

    public string Kind => "pause";

    public string Description => "SIGSTOP, and SIGCONT after up to 4 s";

    public string? WhyNot => null;

    public bool FitsIn(Stage stage) => true;

    public async Task<bool> StrikeAsync(Stage stage, Random random)
    {
        await stage.Pulse.AtSendAsync(random.Next(1, 200), stage.Node.Process.Pause);
        await Task.Delay(Settled);
        long answered = stage.Pulse.Answered;
        await Task.Delay(random.Next(300, 3800));
        bool stoodStill = stage.Pulse.Answered == answered && stage.Run.InFlight > 0;
        stage.Node.Process.Continue();
        return stoodStill;
    }
}
