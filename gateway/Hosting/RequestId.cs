using System.Diagnostics;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>
/// By which the events of one request are found: the trace it belongs to, or, where its caller named none, an id of ours.
/// Nothing else that a caller sends is taken over: 32 hexadecimal digits hold neither a secret nor a line break.
/// </summary>
internal static class RequestId
{
    private const string Header = "X-Request-Id";

    public static string Of(HttpContext context)
    {
        if (Activity.Current is { } activity) return activity.TraceId.ToHexString();
        return ActivityContext.TryParse(context.Request.Headers.TraceParent, traceState: null, isRemote: true, out ActivityContext caller)
            ? caller.TraceId.ToHexString()
            : context.TraceIdentifier;
    }

    /// <summary>Tells the caller of a request that failed what to ask its operator for; returns it for the log.</summary>
    public static string Tell(HttpContext context)
    {
        string id = Of(context);
        context.Response.Headers[Header] = id;
        return id;
    }
}
