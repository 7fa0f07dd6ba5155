using CaptchaCluster.Storage.Audit;

namespace CaptchaCluster.Gateway.Admin.Audit;

/// <summary>What the audit log calls things. A closed set, described in openapi.json.</summary>
/// <param name="Name">For programs.</param>
internal sealed record AuditedAction(string Name)
{
    public static readonly AuditedAction Start = new("start");
    public static readonly AuditedAction StartRestored = new("start.restored");
    public static readonly AuditedAction Stop = new("stop");
    public static readonly AuditedAction RefuseAccess = new("access.refused") { IsFrequent = true };
    public static readonly AuditedAction MakeBackup = new("backup");
    public static readonly AuditedAction CreateSite = new("site.create");
    public static readonly AuditedAction ChangeSite = new("site.change");
    public static readonly AuditedAction DeleteSite = new("site.delete");
    public static readonly AuditedAction RotateSecret = new("site.rotate-secret");
    public static readonly AuditedAction MintTokens = new("tokens.mint") { IsFrequent = true };
    public static readonly AuditedAction AddKey = new("keys.add");
    public static readonly AuditedAction SignWithKey = new("keys.sign");
    public static readonly AuditedAction RetireKey = new("keys.retire");
    public static readonly AuditedAction CreateManagementToken = new("management-tokens.create");
    public static readonly AuditedAction RevokeManagementToken = new("management-tokens.revoke");

    /// <summary>
    /// It may happen any number of times a second and changes nothing by itself, so that an entry before the reply is as good
    /// as one before the deed, and many share an entry. All others are told before and after.
    /// </summary>
    public bool IsFrequent { get; private init; }

    /// <summary>What the process does of itself.</summary>
    public AuditEntry ByProcess(TimeProvider clock) => new() { Time = UnixSeconds.Now(clock), Action = Name, Actor = "process" };
}
