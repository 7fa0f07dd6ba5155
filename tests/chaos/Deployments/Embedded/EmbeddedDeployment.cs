using CaptchaCluster.Tests.Chaos.Nemesis;

namespace CaptchaCluster.Tests.Chaos.Deployments.Embedded;

/// <summary>One gateway over its own ledger.</summary>
internal sealed class EmbeddedDeployment : IDeployment
{
    public string Store => "file";

    public string Description => "one gateway over the ledger in its data directory";

    public string? WhyNot => null;

    public IReadOnlyList<IFault> Faults { get; } =
    [
        new KillFault(),
        new StartStormFault(),
        new StopFault(),
        new PauseFault(),
        new SecondOwnerFault(),
        new FsyncErrorFault(),
        new SlowDiskFault(),
        new FullDiskFault(),
        new ClockJumpFault(isBeyondSkew: false),
        new ClockJumpFault(isBeyondSkew: true),
    ];

    /// <summary>The first has a clock that can be set, the second a disk that can be filled.</summary>
    public int FewestEpochs => 2;

    public TimeSpan LongestEpoch => TimeSpan.FromSeconds(75);

    public Stage Set(Scene scene) => new EmbeddedStage(scene);
}
