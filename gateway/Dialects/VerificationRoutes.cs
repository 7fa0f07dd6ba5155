using System.Collections.Frozen;
using CaptchaCluster.Gateway.Telemetry;

namespace CaptchaCluster.Gateway.Dialects;

/// <summary>
/// Leads requests to the dialects' endpoints, ahead of routing, which would cost as much as the whole parsing of the request.
/// A path without a parameter goes before one with.
/// </summary>
internal static class VerificationRoutes
{
    public static void UseVerification(this IApplicationBuilder app, IEnumerable<VerificationEndpoint> endpoints)
    {
        (DialectPath Path, RequestDelegate Handler)[] routes =
        [
            .. from endpoint in endpoints
               from path in endpoint.Dialect.Paths
               select (path, RequestTraces.Around(endpoint.HandleAsync, path.Template)),
        ];
        FrozenDictionary<string, RequestDelegate> literal = routes
            .Where(route => !route.Path.HasParameter)
            .SelectMany(route => new[] { KeyValuePair.Create(route.Path.Template, route.Handler), KeyValuePair.Create(route.Path.Template + "/", route.Handler) })
            .ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        (DialectPath Path, RequestDelegate Handler)[] templates = [.. routes.Where(route => route.Path.HasParameter)];
        app.Use(next => context =>
            context.Request.Path.Value is { } path && (literal.TryGetValue(path, out RequestDelegate? handler) || TryFind(templates, path, out handler))
                ? handler(context)
                : next(context));
    }

    private static bool TryFind(
        (DialectPath Path, RequestDelegate Handler)[] templates, string path, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out RequestDelegate? handler)
    {
        handler = null;
        foreach ((DialectPath template, RequestDelegate candidate) in templates)
        {
            if (!template.TryMatch(path, out _)) continue;
            handler = candidate;
            return true;
        }

        return false;
    }
}
