namespace CaptchaCluster.Gateway.Hosting;

/// <summary>What the public listener does not serve.</summary>
internal static class NotFound
{
    private static readonly byte[] Body = [.. """{"error":"not-found","message":"There is nothing at this path."}"""u8];

    public static Task HandleAsync(HttpContext context) => JsonReply.Reply(context.Response, StatusCodes.Status404NotFound, Body);
}
