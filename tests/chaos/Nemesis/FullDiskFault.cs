namespace CaptchaCluster.Tests.Chaos.Nemesis;

/// <summary>No byte is left on the disk.</summary>
internal sealed class FullDiskFault : IFault
{
    public string Kind => "full-disk";

    public string Description => "no byte left on the disk (needs to mount a tmpfs)";

    public string? WhyNot => SmallDisk.WhyNot;

    public bool FitsIn(Stage stage) => stage.Disk is not null;

    public Task<bool> StrikeAsync(Stage stage, Random random)
    {
        stage.Disk!.Fill();
        return BrokenLedger.SitOutAsync(stage, "No space left on device", stage.Disk.Free, random);
    }
}
