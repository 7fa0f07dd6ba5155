using System.Buffers;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>Answers that are the same bytes every time.</summary>
internal static class JsonReply
{
    public const string MediaType = "application/json";

    /// <summary>Buffers the whole answer; the server sends it when the handler returns.</summary>
    public static void Write(HttpResponse response, int status, byte[] json)
    {
        response.StatusCode = status;
        response.ContentType = MediaType;
        response.ContentLength = json.Length;
        if (!HttpMethods.IsHead(response.HttpContext.Request.Method)) response.BodyWriter.Write(json);
    }

    /// <summary>As <see cref="Write"/>, where a handler is wanted.</summary>
    public static Task Reply(HttpResponse response, int status, byte[] json)
    {
        Write(response, status, json);
        return Task.CompletedTask;
    }
}
