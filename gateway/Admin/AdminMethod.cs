using CaptchaCluster.Gateway.Admin.Audit;

namespace CaptchaCluster.Gateway.Admin;

/// <param name="name">Of the site or the key that the path names; empty where it names none.</param>
/// <param name="body">Without members where there was none; of a GET, what its query says.</param>
internal delegate ValueTask<AdminReply> AdminCall(string name, JsonMembers body);

/// <summary>What a path does by one method.</summary>
/// <param name="Name">Of the method.</param>
/// <param name="Call">What it does.</param>
/// <param name="Action">What the audit log calls it; null: it only looks, and leaves no entry.</param>
internal sealed record AdminMethod(string Name, AdminCall Call, AuditedAction? Action = null)
{
    public static AdminMethod Get(AdminCall call) => new(HttpMethods.Get, call);

    public static AdminMethod Post(AdminCall call, AuditedAction? action) => new(HttpMethods.Post, call, action);

    public static AdminMethod Patch(AdminCall call, AuditedAction action) => new(HttpMethods.Patch, call, action);

    public static AdminMethod Delete(AdminCall call, AuditedAction action) => new(HttpMethods.Delete, call, action);
}
