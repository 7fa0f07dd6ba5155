using CaptchaCluster.Tests.Chaos.Nemesis;

namespace CaptchaCluster.Tests.Chaos.Deployments.Embedded;

/// <summary>A second process over the same data directory: it must not get anywhere.</summary>
internal sealed class SecondOwnerFault : IFault<EmbeddedStage>
{
    public string Kind => "second-owner";

    public string Description => "another process started over the same data directory";

    public string? WhyNot => null;

    public bool FitsIn(EmbeddedStage stage) => true;

    public async Task<bool> StrikeAsync(EmbeddedStage stage, Random random)
    {
        long answered = stage.Pulse.Answered;
        GatewayExit exit = await GatewayProcess.StartRefusedAsync(stage.Node.Command);
        if (exit.Code == 0 || !exit.Errors.Contains(stage.Node.DataDirectory, StringComparison.Ordinal))
            throw new InvalidOperationException($"A second process over the data directory ended with {exit.Code}: {exit.Errors}");
        return stage.Pulse.Answered > answered;
    }
}
