using CaptchaCluster.Tests.Chaos.Nemesis;

namespace CaptchaCluster.Tests.Chaos.Deployments.Embedded;

/// <summary>No byte is left on the disk.</summary>
internal sealed class FullDiskFault : IFault<EmbeddedStage>
{
    public string Kind => "full-disk";

    public string Description => "no byte left on the disk (needs to mount a tmpfs)";

    public string? WhyNot => SmallDisk.WhyNot;

    public bool FitsIn(EmbeddedStage stage) => stage.Disk is not null;

    public Task<bool> StrikeAsync(EmbeddedStage stage, Random random)
    {
        stage.Disk!.Fill();
        return BrokenLedger.SitOutAsync(stage, "No space left on device", stage.Disk.Free, random);
    }
}
