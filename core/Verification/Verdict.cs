using CaptchaCluster.Tokens;

namespace CaptchaCluster.Verification;

/// <summary>What verification concluded. A closed set; a dialect turns it into a peer's words.</summary>
public enum VerdictKind
{
    /// <summary>The outcome could not be established, or the node is overloaded: no verdict at all (I5).</summary>
    Undecided = 0,

    Success,

    /// <summary>The request could not be understood, or a field is over its limit.</summary>
    BadRequest,

    MissingSecret,
    MissingToken,
    MissingSecretAndToken,

    /// <summary>Malformed, unknown or rotated out, or a test secret with a token that is not the test token.</summary>
    InvalidSecret,

    /// <summary>The sitekey of a pair of credentials is missing, malformed or unknown.</summary>
    UnknownSite,

    /// <summary>The secret is right and its site disabled.</summary>
    SiteDisabled,

    /// <summary>Not a token of ours.</summary>
    InvalidToken,

    /// <summary>A genuine token of another site than the secret's: anybody may hand one in.</summary>
    OtherSite,

    /// <summary>The caller named a sitekey that is not its secret's: a mistake in its configuration.</summary>
    SiteKeyMismatch,

    HostnameMismatch,
    IpMismatch,
    ActionMismatch,
    UidMismatch,
    Expired,
    Duplicate,
}

/// <param name="Kind">What was concluded.</param>
/// <param name="Token">The token, wherever it was read and its secret was right.</param>
public readonly record struct Verdict(VerdictKind Kind, PassToken? Token = null);
