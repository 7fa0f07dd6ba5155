namespace CaptchaCluster.Tests.History;

/// <summary>What a history can break. Each rule belongs to one invariant of the design.</summary>
public enum Rule
{
    /// <summary>I1: a second attempt key was answered success for one token.</summary>
    SecondWinner,

    /// <summary>I4: a duplicate that no other attempt's redemption can explain.</summary>
    PhantomDuplicate,

    /// <summary>I4: the attempt that redeemed the token was told duplicate.</summary>
    DuplicateToWinner,

    /// <summary>I3: an attempt that had its success was told duplicate or expired while its redemption was retained.</summary>
    ReplayRefused,

    /// <summary>I6: a site's secret redeemed another site's token.</summary>
    ForeignToken,

    /// <summary>I7: a first redemption of an expired token.</summary>
    LateRedemption,

    /// <summary>I7: expired, before the expiry.</summary>
    EarlyExpired,

    /// <summary>I7: success after the redemption was to be dropped.</summary>
    SuccessAfterRetention,

    /// <summary>I7: success for a token at or below a purge horizon seen durable before the call.</summary>
    SuccessAfterPurge,

    /// <summary>I7: redemptions were purged before their retention ended.</summary>
    EarlyPurge,

    /// <summary>I7: the durable purge horizon went back.</summary>
    HorizonShrank,

    /// <summary>I8: success with a secret before any rotation that can have made it was called.</summary>
    UnbornSecretAccepted,

    /// <summary>I8: success with a secret whose retirement had been acknowledged.</summary>
    RetiredSecretAccepted,

    /// <summary>I8: success with a secret after its successor had been seen to work.</summary>
    SupersededSecretAccepted,

    /// <summary>I8: success with a secret after it had been definitely refused, and nothing brought it back.</summary>
    RefusedSecretAccepted,

    /// <summary>I8: success at a site whose disabling or deletion had been acknowledged.</summary>
    StoppedSiteAccepted,

    /// <summary>I8: a secret refused that no rotation, disable or delete can have ended.</summary>
    ValidSecretRefused,

    /// <summary>I2: an acknowledged redemption is not in the ledger.</summary>
    RedemptionLost,

    /// <summary>I1: the ledger holds an acknowledged redemption under another attempt.</summary>
    LedgerNamesAnotherAttempt,

    /// <summary>I4: the ledger does not hold the redemption a duplicate was answered from.</summary>
    DuplicateNotInLedger,

    /// <summary>I6: the ledger holds a redemption by an attempt that was refused, or that nobody made.</summary>
    RefusalSpentToken,

    /// <summary>I9: success or duplicate while the ledger was known to be out of use.</summary>
    AnsweredWithoutLedger,

    /// <summary>The run did not exercise what it was for.</summary>
    Vacuous,
}

public static class RuleInvariants
{
    public static string Invariant(this Rule rule) => rule switch
    {
        Rule.SecondWinner or Rule.LedgerNamesAnotherAttempt => "I1",
        Rule.RedemptionLost => "I2",
        Rule.ReplayRefused => "I3",
        Rule.PhantomDuplicate or Rule.DuplicateToWinner or Rule.DuplicateNotInLedger => "I4",
        Rule.ForeignToken or Rule.RefusalSpentToken => "I6",
        Rule.LateRedemption or Rule.EarlyExpired or Rule.SuccessAfterRetention or Rule.SuccessAfterPurge or Rule.EarlyPurge
            or Rule.HorizonShrank => "I7",
        Rule.UnbornSecretAccepted or Rule.RetiredSecretAccepted or Rule.SupersededSecretAccepted or Rule.RefusedSecretAccepted
            or Rule.StoppedSiteAccepted or Rule.ValidSecretRefused => "I8",
        Rule.AnsweredWithoutLedger => "I9",
        Rule.Vacuous => "non-vacuity",
        _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, null),
    };
}
