namespace CaptchaCluster.Tests.Conformance;

/// <summary>Skipped where a disk cannot be made to fail, or a client is not installed.</summary>
internal sealed class UndecidedTheoryAttribute : TheoryAttribute
{
    public UndecidedTheoryAttribute() => Skip =
        (Strace.WhyNot ?? ClientProgram.All.Select(client => client.WhyNot).FirstOrDefault(obstacle => obstacle is not null)) is { } obstacle
            ? $"needs strace and every client: {obstacle}"
            : null;
}
