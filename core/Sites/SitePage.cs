namespace CaptchaCluster.Sites;

/// <summary>Some sites, of however many there are.</summary>
/// <param name="Sites">In the order of their versions; at most <see cref="MaxSites"/>.</param>
/// <param name="IsLast">There was none of a higher version than these.</param>
public sealed record SitePage(IReadOnlyList<Site> Sites, bool IsLast)
{
    /// <summary>A site of as many and as long hostnames as may be has 50 KB, so a page at most 25 MB; as a rule it has 0.2 MB (I10).</summary>
    public const int MaxSites = 500;
}
