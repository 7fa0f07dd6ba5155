using System.Diagnostics;
using System.Globalization;

namespace CaptchaCluster.Gateway.Telemetry;

/// <summary>
/// A span for each request of an endpoint, by the semantic conventions for HTTP servers, where somebody listens. Neither
/// path nor query is in it, but the route: a caller may have put a secret into either (I11); nor is the client's address.
/// </summary>
internal static class RequestTraces
{
    private const string OtherMethod = "_OTHER";
    private const string ErrorType = "error.type";

    private static readonly string[] KnownMethods = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

    /// <param name="endpoint">What is to be traced.</param>
    /// <param name="route">With names in place of values; null where there is nothing at the path.</param>
    public static RequestDelegate Around(RequestDelegate endpoint, string? route) => context =>
        Instrumentation.Activities.HasListeners() ? TraceAsync(endpoint, route, context) : endpoint(context);

    private static async Task TraceAsync(RequestDelegate endpoint, string? route, HttpContext context)
    {
        using Activity? span = Start(context.Request, route);
        try
        {
            await endpoint(context);
        }
        catch (Exception exception)
        {
            span?.SetTag(ErrorType, exception.GetType().FullName);
            throw;
        }
        finally
        {
            if (span is not null) End(span, context.Response.StatusCode);
        }
    }

    // The caller's trace is gone on with, as far as it names one; whether it is recorded is decided here all the same.
    private static Activity? Start(HttpRequest request, string? route)
    {
        ActivityContext.TryParse(request.Headers.TraceParent, request.Headers.TraceState, isRemote: true, out ActivityContext caller);
        bool isKnown = KnownMethods.Contains(request.Method, StringComparer.Ordinal);
        ActivityTagsCollection tags = new()
        {
            ["http.request.method"] = isKnown ? request.Method : OtherMethod,
            ["url.scheme"] = request.Scheme,
            ["network.protocol.version"] = HttpProtocol.IsHttp10(request.Protocol) ? "1.0" : "1.1",
        };
        if (route is not null) tags["http.route"] = route;
        string name = isKnown ? request.Method : "HTTP";
        return Instrumentation.Activities.StartActivity(route is null ? name : $"{name} {route}", ActivityKind.Server, caller, tags);
    }

    private static void End(Activity span, int status)
    {
        span.SetTag("http.response.status_code", status);
        if (status < StatusCodes.Status500InternalServerError) return;
        span.SetStatus(ActivityStatusCode.Error);
        if (span.GetTagItem(ErrorType) is null) span.SetTag(ErrorType, status.ToString(CultureInfo.InvariantCulture));
    }
}
