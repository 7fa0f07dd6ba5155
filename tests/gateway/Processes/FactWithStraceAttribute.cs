namespace CaptchaCluster.Tests.Gateway.Processes;

/// <summary>Skipped where strace is missing or may not trace.</summary>
internal sealed class FactWithStraceAttribute : FactAttribute
{
    public FactWithStraceAttribute() => Skip = Strace.WhyNot is { } obstacle ? $"needs strace: {obstacle}" : null;
}
