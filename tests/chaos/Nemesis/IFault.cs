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

    /// <summary>Whether this epoch has what it takes.</summary>
    bool FitsIn(Stage stage);

    /// <summary>
    /// Makes it under load, and heals it: afterwards the node serves. Returns whether it was seen to have its effect; throws where
    /// the node did what it must not.
    /// </summary>
    Task<bool> StrikeAsync(Stage stage, Random random);
}
