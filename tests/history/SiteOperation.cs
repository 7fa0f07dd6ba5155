namespace CaptchaCluster.Tests.History;

public enum SiteOperationKind : byte
{
    RotateImmediate,
    RotateGraceful,
    Disable,
    Enable,
    Delete,
}

/// <summary>One administrative operation on a site. Definitely refused ones (409) never happened and are not recorded.</summary>
/// <param name="Kind">What was asked for.</param>
/// <param name="Site">The site.</param>
/// <param name="Call">Stamped before the request left.</param>
/// <param name="Return"><see cref="AttemptOperation.Never"/> when the outcome is unknown.</param>
/// <param name="OldGeneration">The generation the caller rotated away from, as far as it knew; only reported, never relied on.</param>
/// <param name="NewGeneration">The generation a rotation made, from a reply; <see cref="UnknownGeneration"/> when no reply told it.
/// A guess would be wrong: a rotation whose reply was lost may land after later ones. A generation that no rotation of the
/// history names is taken to be the site's first.</param>
/// <param name="GraceEnd">When the previous generation ends after a graceful rotation; <see cref="UnknownGraceEnd"/> when no reply told it.</param>
public readonly record struct SiteOperation(
    SiteOperationKind Kind,
    int Site,
    long Call,
    long Return,
    int OldGeneration = SiteOperation.UnknownGeneration,
    int NewGeneration = SiteOperation.UnknownGeneration,
    long GraceEnd = SiteOperation.UnknownGraceEnd)
{
    public const int UnknownGeneration = 0;
    public const long UnknownGraceEnd = long.MaxValue;

    public bool IsRotation => Kind is SiteOperationKind.RotateImmediate or SiteOperationKind.RotateGraceful;

    public bool IsAcknowledged => Return != AttemptOperation.Never;
}
