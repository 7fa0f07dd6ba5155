namespace CaptchaCluster.Tests.Gateway.Processes;

/// <summary>Tests with processes of their own run one after the other, and not beside others: there are few processors to share.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessCollection
{
    public const string Name = "processes";
}
