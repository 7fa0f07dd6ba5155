namespace CaptchaCluster.Tests.Chaos.Nemesis;

/// <summary>kill -9 while requests are in flight.</summary>
internal sealed class KillFault : IFault
{
    public string Kind => FaultMark.Crash;

    public string Description => "kill -9 under load";

    public string? WhyNot => null;

    public bool FitsIn(Stage stage) => true;

    public async Task<bool> StrikeAsync(Stage stage, Random random)
    {
        long cutOff = stage.Pulse.CutOff;
        await stage.Pulse.AtSendAsync(random.Next(1, 200), stage.Node.Kill);
        await stage.Node.Process.EndedAsync();
        stage.ReadLedger(wasKilled: true);
        await stage.Node.StartAsync();
        return stage.Pulse.CutOff > cutOff;
    }
}
