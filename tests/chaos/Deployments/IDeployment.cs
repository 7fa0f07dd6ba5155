using CaptchaCluster.Tests.Chaos.Nemesis;

namespace CaptchaCluster.Tests.Chaos.Deployments;

/// <summary>What is put under load, and how it can be broken.</summary>
internal interface IDeployment
{
    /// <summary>For the command line; where it is one gateway's, as its setting Store:Kind names it.</summary>
    string Store { get; }

    /// <summary>For people, in half a line.</summary>
    string Description { get; }

    /// <summary>Why it cannot be run here; null where it can.</summary>
    string? WhyNot { get; }

    /// <summary>Every kind of fault.</summary>
    IReadOnlyList<IFault> Faults { get; }

    /// <summary>It takes so many to have what each kind of fault needs.</summary>
    int FewestEpochs { get; }

    TimeSpan LongestEpoch { get; }

    /// <summary>Nothing of it is started yet.</summary>
    Stage Set(Scene scene);
}
