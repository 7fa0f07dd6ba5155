namespace CaptchaCluster.Tests.Chaos.Nemesis;

/// <summary>SIGTERM while requests are in flight: it ends without complaint, and leaves nothing half done.</summary>
internal sealed class StopFault : IFault
{
    public string Kind => "stop";

    public string Description => "SIGTERM under load";

    public string? WhyNot => null;

    public bool FitsIn(Stage stage) => true;

    public async Task<bool> StrikeAsync(Stage stage, Random random)
    {
        int inFlight = 0;
        await stage.Pulse.AtSendAsync(random.Next(1, 200), () =>
        {
            inFlight = stage.Run.InFlight;
            stage.Node.Terminate();
        });
        await stage.Node.StoppedAsync();
        stage.ReadLedger(wasKilled: false);
        await stage.Node.StartAsync();
        return inFlight > 0;
    }
}
