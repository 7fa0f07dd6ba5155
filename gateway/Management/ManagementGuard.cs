using CaptchaCluster.Gateway.Admin;
using CaptchaCluster.Gateway.Admin.Audit;
using CaptchaCluster.Gateway.Hosting;

namespace CaptchaCluster.Gateway.Management;

/// <summary>Lets through who presents a management token, and tells the audit log which.</summary>
internal sealed class ManagementGuard(ManagementTokens tokens, InvalidSecretLimiter invalidSecrets) : IAdminGuard
{
    public async ValueTask<bool> AdmitsAsync(HttpRequest request)
    {
        if (BearerToken.Of(request) is not { } presented || await tokens.FindAsync(presented) is not { } token) return false;
        request.HttpContext.Features.Set(new AuditActor($"management-token:{token.Id}"));
        return true;
    }

    public async ValueTask<AdminReply> RefuseAsync(HttpContext context)
    {
        if (!await invalidSecrets.WaitAsync(context)) return AdminError.TooManyInvalidKeys;
        context.Response.Headers.WWWAuthenticate = BearerToken.Scheme;
        return AdminError.NoManagementToken;
    }
}
