using CaptchaCluster.Gateway.Admin.Audit;
using CaptchaCluster.Gateway.Admin.Backup;
using CaptchaCluster.Gateway.Management;
using CaptchaCluster.Gateway.Telemetry;

namespace CaptchaCluster.Gateway.Admin;

/// <summary>The paths of the admin API.</summary>
internal static class AdminEndpoints
{
    /// <summary>Bytes: 200 hostnames of the greatest length, and the rest of a site.</summary>
    public const int MaxBodySize = 64 * 1024;

    public static void MapAdmin(
        this IEndpointRouteBuilder routes,
        AdminKeyGuard guard,
        SiteCalls sites,
        TokenInspector inspector,
        KeyCalls keys,
        BackupCalls backup,
        AdminAudit audit,
        NonceCalls nonces,
        ManagementGuard managementGuard,
        ManagementTokenCalls managementTokens,
        ManagementSiteCalls managementSites,
        ILoggerFactory loggers)
    {
        ILogger<AdminRoute> logger = loggers.CreateLogger<AdminRoute>();
        const string oneSite = $"/admin/v1/sites/{{{AdminRoute.NameValue}}}";
        const string oneManaged = $"/v1/management/sites/{{{AdminRoute.NameValue}}}";
        const string oneKey = $"/admin/v1/keys/{{{AdminRoute.NameValue}}}";

        Map("/admin/v1/sites", AdminMethod.Get(sites.ListAsync), AdminMethod.Post(sites.CreateAsync, AuditedAction.CreateSite));
        Map(
            oneSite,
            AdminMethod.Get(sites.GetAsync),
            AdminMethod.Patch(sites.ChangeAsync, AuditedAction.ChangeSite),
            AdminMethod.Delete(sites.DeleteAsync, AuditedAction.DeleteSite));
        Map($"{oneSite}/rotate-secret", AdminMethod.Post(sites.RotateAsync, AuditedAction.RotateSecret));
        Map($"{oneSite}/tokens", AdminMethod.Post(sites.MintAsync, AuditedAction.MintTokens));
        Map("/admin/v1/tokens/inspect", AdminMethod.Post(inspector.InspectAsync, action: null));
        Map("/admin/v1/keys", AdminMethod.Get(keys.ListAsync), AdminMethod.Post(keys.AddAsync, AuditedAction.AddKey));
        Map(oneKey, AdminMethod.Delete(keys.RetireAsync, AuditedAction.RetireKey));
        Map($"{oneKey}/sign", AdminMethod.Post(keys.SignAsync, AuditedAction.SignWithKey));
        Map("/v1/redeem-nonce", AdminMethod.Post(nonces.RedeemAsync, action: null));
        Map("/admin/v1/backup", AdminMethod.Post(backup.MakeAsync, AuditedAction.MakeBackup));
        Map("/admin/v1/audit", AdminMethod.Get(new AuditCalls(audit).ReadAsync));
        Map("/admin/v1/management-tokens", AdminMethod.Get(managementTokens.ListAsync), AdminMethod.Post(managementTokens.CreateAsync, AuditedAction.CreateManagementToken));
        Map($"/admin/v1/management-tokens/{{{AdminRoute.NameValue}}}", AdminMethod.Delete(managementTokens.RevokeAsync, AuditedAction.RevokeManagementToken));
        Manage("/v1/management/sites", AdminMethod.Post(managementSites.CreateAsync, AuditedAction.CreateSite));
        Manage(
            oneManaged,
            AdminMethod.Get(managementSites.GetAsync),
            AdminMethod.Patch(managementSites.ChangeAsync, AuditedAction.ChangeSite),
            AdminMethod.Delete(managementSites.DeleteAsync, AuditedAction.DeleteSite));
        Manage($"{oneManaged}/rotate-secret", AdminMethod.Post(managementSites.RotateAsync, AuditedAction.RotateSecret));
        routes.MapFallback("{**path}", RequestTraces.Around(new AdminRoute(guard, audit, logger).HandleAsync, route: null));

        void Map(string path, params AdminMethod[] methods) => MapFor(guard, path, methods);

        void Manage(string path, params AdminMethod[] methods) => MapFor(managementGuard, path, methods);

        void MapFor(IAdminGuard who, string path, AdminMethod[] methods) =>
            routes.Map(path, RequestTraces.Around(new AdminRoute(who, audit, logger, methods).HandleAsync, path));
    }
}
