namespace CaptchaCluster.Sites;

/// <summary>Who asks: a site, by the secret of one generation.</summary>
public readonly record struct SiteGeneration(SiteKey Site, Generation Generation);
