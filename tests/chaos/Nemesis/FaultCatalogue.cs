namespace CaptchaCluster.Tests.Chaos.Nemesis;

/// <summary>Every kind of fault.</summary>
internal static class FaultCatalogue
{
    public static IReadOnlyList<IFault> All { get; } =
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
}
