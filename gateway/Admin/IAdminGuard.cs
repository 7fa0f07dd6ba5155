namespace CaptchaCluster.Gateway.Admin;

/// <summary>Who may call a path of the admin listener.</summary>
internal interface IAdminGuard
{
    bool Admits(HttpRequest request);

    /// <summary>The answer to somebody who may not.</summary>
    ValueTask<AdminReply> RefuseAsync(HttpContext context);
}
