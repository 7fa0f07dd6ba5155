namespace CaptchaCluster.Gateway.Admin.Audit;

/// <summary>A feature of a request that came without the admin key and may all the same: who it is.</summary>
internal sealed record AuditActor(string Name);
