namespace CaptchaCluster.Tests.Conformance;

/// <summary>Skipped where the client is not installed.</summary>
internal sealed class ClientTheoryAttribute : TheoryAttribute
{
    public ClientTheoryAttribute(string client) => Skip = ClientProgram.Named(client).WhyNot is { } obstacle ? $"needs the client: {obstacle}" : null;
}
