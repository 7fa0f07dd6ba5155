namespace CaptchaCluster.Sites;

/// <summary>Which secret of a site authenticated a request. Grows by one with every rotation, never shrinks; the first is 1.</summary>
public readonly record struct Generation(int Value)
{
    public static Generation First => new(1);

    /// <summary>
    /// No secret authenticated the request: the authority asks only whether the site is active. Not 0, so that a generation
    /// that nobody set is refused.
    /// </summary>
    public static Generation NoSecret => new(int.MinValue);

    public Generation Next() => new(checked(Value + 1));

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
