using CaptchaCluster.Gateway.Hosting;

namespace CaptchaCluster.Gateway.Health;

/// <summary>For orchestrators. Live asks nothing but this process: restarting it does not mend a disk.</summary>
internal static class HealthEndpoints
{
    public const string LivePath = "/healthz/live";
    public const string ReadyPath = "/healthz/ready";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];
    private static readonly byte[] Live = [.. """{"status":"live"}"""u8];
    private static readonly byte[] Ready = [.. """{"status":"ready"}"""u8];
    private static readonly byte[] NotReady = [.. """{"status":"not-ready"}"""u8];

    public static void MapHealth(this IEndpointRouteBuilder routes, Readiness readiness)
    {
        routes.MapMethods(LivePath, Methods, context => JsonReply.Reply(context.Response, StatusCodes.Status200OK, Live));
        routes.MapMethods(ReadyPath, Methods, context => readiness.IsReady
            ? JsonReply.Reply(context.Response, StatusCodes.Status200OK, Ready)
            : JsonReply.Reply(context.Response, StatusCodes.Status503ServiceUnavailable, NotReady));
    }
}
