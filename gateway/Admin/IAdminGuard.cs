namespace CaptchaCluster.Gateway.Admin;

/// <summary>Who may call a path of the admin listener.</summary>
internal interface IAdminGuard
{
    /// <exception cref="Redemption.UnknownOutcomeException">Whether it may could not be found out.</exception>
    ValueTask<bool> AdmitsAsync(HttpRequest request);

    /// <summary>The answer to somebody who may not.</summary>
    ValueTask<AdminReply> RefuseAsync(HttpContext context);
}
