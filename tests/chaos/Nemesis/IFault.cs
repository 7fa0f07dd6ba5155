namespace CaptchaCluster.Tests.Chaos.Nemesis;

/// <summary>One kind of fault.</summary>
internal interface IFault
{
    /// <summary>One word without blanks.</summary>
    string Kind { get; }

    /// <summary>For people, in half a line.</summary>
    string Description { get; }

    /// <summary>Why it cannot be made here; null where it can.</summary>
    string? WhyNot { get; }
}

/// <summary>One kind of fault, of deployments that have what it breaks.</summary>
/// <typeparam name="TStage">What it meets.</typeparam>
internal interface IFault<in TStage> : IFault
{
    /// <summary>Whether this epoch has what it takes.</summary>
    bool FitsIn(TStage stage);

    /// <summary>
    /// Makes it under load, and heals it: afterwards every node serves. Returns whether it was seen to have its effect; throws where
    /// a node did what it must not.
    /// </summary>
    Task<bool> StrikeAsync(TStage stage, Random random);
}

/// <summary>A fault and the stage it strikes.</summary>
internal sealed record AimedFault(string Kind, Func<Random, Task<bool>> StrikeAsync)
{
    /// <summary>Of some kinds those that can be made on this stage.</summary>
    public static IReadOnlyList<AimedFault> At<TStage>(TStage stage, IEnumerable<IFault> kinds) =>
    [
        .. kinds.Where(fault => fault.WhyNot is null).OfType<IFault<TStage>>().Where(fault => fault.FitsIn(stage))
            .Select(fault => new AimedFault(fault.Kind, random => fault.StrikeAsync(stage, random))),
    ];
}
