using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Gateway.Telemetry;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Gateway.Admin;

/// <summary>The paths of the admin API.</summary>
internal static class AdminEndpoints
{
    /// <summary>Bytes: 200 hostnames of the greatest length, and the rest of a site.</summary>
    public const int MaxBodySize = 64 * 1024;

    public static void MapAdmin(
        this IEndpointRouteBuilder routes,
        string adminKey,
        SiteRegistry sites,
        TokenMinter minter,
        TokenSettings tokens,
        ILoggerFactory loggers)
    {
        AdminCalls calls = new(sites, minter, tokens);
        AdminKeyGuard guard = new(adminKey);
        ILogger<AdminRoute> logger = loggers.CreateLogger<AdminRoute>();
        const string oneSite = $"/admin/v1/sites/{{{AdminRoute.SiteKeyValue}}}";

        Map("/admin/v1/sites", (HttpMethods.Get, calls.ListAsync), (HttpMethods.Post, calls.CreateAsync));
        Map(oneSite, (HttpMethods.Get, calls.GetAsync), (HttpMethods.Patch, calls.ChangeAsync), (HttpMethods.Delete, calls.DeleteAsync));
        Map($"{oneSite}/rotate-secret", (HttpMethods.Post, calls.RotateAsync));
        Map($"{oneSite}/tokens", (HttpMethods.Post, calls.MintAsync));
        routes.MapFallback("{**path}", RequestTraces.Around(new AdminRoute(guard, logger).HandleAsync, route: null));

        void Map(string path, params (string Method, AdminCall Call)[] table) =>
            routes.Map(path, RequestTraces.Around(new AdminRoute(guard, logger, table).HandleAsync, path));
    }
}
