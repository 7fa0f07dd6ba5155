namespace CaptchaCluster.Tests.Gateway.Processes;

/// <summary>Skipped where no file system may be mounted.</summary>
internal sealed class FactWithSmallDiskAttribute : FactAttribute
{
    public FactWithSmallDiskAttribute() => Skip = SmallDisk.WhyNot is { } obstacle ? $"needs a disk of its own: {obstacle}" : null;
}
