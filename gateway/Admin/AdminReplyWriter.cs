using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using CaptchaCluster.Gateway.Hosting;

namespace CaptchaCluster.Gateway.Admin;

internal static class AdminReplyWriter
{
    // Readable for people: ' and é as they are. Safe, as no reply is ever put into a page.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task WriteAsync(HttpResponse response, AdminReply reply)
    {
        response.StatusCode = reply.Status;

        // Replies hold secrets and tokens.
        response.Headers.CacheControl = "no-store";
        if (reply.Status == StatusCodes.Status503ServiceUnavailable) response.Headers.RetryAfter = "1";
        if (!reply.HasBody) return;

        ArrayBufferWriter<byte> buffer = new(1024);
        using (Utf8JsonWriter json = new(buffer, Options)) reply.WriteTo(json);
        response.ContentType = JsonReply.MediaType;
        response.ContentLength = buffer.WrittenCount;
        await response.Body.WriteAsync(buffer.WrittenMemory);
    }
}
