using CaptchaCluster.Tests.Chaos.Deployments;
using CaptchaCluster.Tests.Chaos.Nemesis;

namespace CaptchaCluster.Tests.Chaos.CommandLine;

/// <summary>What to run.</summary>
internal sealed record ChaosOptions
{
    private readonly IReadOnlyList<IFault>? faults;

    public IDeployment Deployment { get; init; } = KnownDeployments.All[0];

    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Of everything that is chosen at random. Processes interleave as they like, so it repeats the choices, not the run.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Of the deployment. Default: all.</summary>
    public IReadOnlyList<IFault> Faults
    {
        get => faults ?? Deployment.Faults;
        init => faults = value;
    }

    /// <summary>Verifications a second, at most.</summary>
    public int Rate { get; init; } = 6000;

    /// <summary>Gets the log and, of an epoch that failed, everything.</summary>
    public required string Folder { get; init; }
}
