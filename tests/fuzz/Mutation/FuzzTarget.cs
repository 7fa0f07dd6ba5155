namespace CaptchaCluster.Tests.Fuzz.Mutation;

/// <summary>What a parser made of an input.</summary>
/// <param name="IsAccepted">It took it for valid.</param>
/// <param name="Wrong">Why it must not have done what it did; null where it did well.</param>
internal readonly record struct Judgement(bool IsAccepted, string? Wrong = null);

/// <summary>A parser, inputs that are nearly right for it, and what is known of the right answer. For any number of threads.</summary>
internal abstract class FuzzTarget
{
    public abstract string Name { get; }

    /// <summary>Of a hundred inputs, so many are for this parser: the slow ones get fewer.</summary>
    public abstract int Share { get; }

    public abstract byte[] Next(Random random);

    /// <summary>An exception is as wrong as a wrong answer.</summary>
    public abstract Judgement Judge(byte[] input);
}
