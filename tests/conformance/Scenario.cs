namespace CaptchaCluster.Tests.Conformance;

/// <summary>What a client's site meets.</summary>
public enum Scenario
{
    /// <summary>A fresh token and the right secret.</summary>
    Success,

    WrongSecret,

    /// <summary>A secret that an immediate rotation has just ended.</summary>
    RotatedSecret,

    /// <summary>A token that was verified before.</summary>
    Duplicate,

    Expired,

    /// <summary>A token that was cut.</summary>
    Malformed,

    /// <summary>A genuine token of another site.</summary>
    OtherSite,

    /// <summary>The client names a sitekey that is not the secret's.</summary>
    WrongSiteKey,

    /// <summary>The ledger cannot tell: 503.</summary>
    Undecided,

    /// <summary>Nobody listens.</summary>
    Down,
}

/// <summary>What a client is given.</summary>
internal sealed record Call(Uri Gateway, string Secret, string Token, string SiteKey);
