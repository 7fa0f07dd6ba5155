namespace CaptchaCluster.Tokens;

/// <summary>Why a text is not a token of ours. A closed set.</summary>
public enum TokenFlaw
{
    None,

    /// <summary>Truncated, re-encoded, or never a token.</summary>
    NotAToken,

    /// <summary>It names a key that is not in the ring, so nobody can tell who made it.</summary>
    UnknownKey,

    /// <summary>Altered, or made by somebody else.</summary>
    WrongMac,

    /// <summary>Its MAC is good, but no minter under today's limits gives such members.</summary>
    ImplausibleMembers,
}
