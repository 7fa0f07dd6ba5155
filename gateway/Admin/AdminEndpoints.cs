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
        ILoggerFactory loggers)
    {
        ILogger<AdminRoute> logger = loggers.CreateLogger<AdminRoute>();
        const string oneSite = $"/admin/v1/sites/{{{AdminRoute.NameValue}}}";
        const string oneKey = $"/admin/v1/keys/{{{AdminRoute.NameValue}}}";

        Map("/admin/v1/sites", (HttpMethods.Get, sites.ListAsync), (HttpMethods.Post, sites.CreateAsync));
        Map(oneSite, (HttpMethods.Get, sites.GetAsync), (HttpMethods.Patch, sites.ChangeAsync), (HttpMethods.Delete, sites.DeleteAsync));
        Map($"{oneSite}/rotate-secret", (HttpMethods.Post, sites.RotateAsync));
        Map($"{oneSite}/tokens", (HttpMethods.Post, sites.MintAsync));
        Map("/admin/v1/tokens/inspect", (HttpMethods.Post, inspector.InspectAsync));
        Map("/admin/v1/keys", (HttpMethods.Get, keys.ListAsync), (HttpMethods.Post, keys.AddAsync));
        Map(oneKey, (HttpMethods.Delete, keys.RetireAsync));
        Map($"{oneKey}/sign", (HttpMethods.Post, keys.SignAsync));
        routes.MapFallback("{**path}", RequestTraces.Around(new AdminRoute(guard, logger).HandleAsync, route: null));

        void Map(string path, params (string Method, AdminCall Call)[] table) =>
            routes.Map(path, RequestTraces.Around(new AdminRoute(guard, logger, table).HandleAsync, path));
    }
}
