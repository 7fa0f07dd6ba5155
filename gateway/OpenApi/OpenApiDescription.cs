using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CaptchaCluster.Gateway.Dialects;
using CaptchaCluster.Gateway.Hosting;

namespace CaptchaCluster.Gateway.OpenApi;

/// <summary>
/// What both listeners serve, for programs to read: <c>openapi.json</c>, kept by hand as the handlers of verification stand
/// ahead of routing, and held against what is served by tests. Asks for no key: nothing in it is not public.
/// </summary>
internal static class OpenApiDescription
{
    public const string Path = "/openapi/v1.json";

    private const string Resource = "openapi.json";

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void MapOpenApi(this IEndpointRouteBuilder routes, byte[] description) => routes.MapMethods(
        Path, [HttpMethods.Get, HttpMethods.Head], context => JsonReply.Reply(context.Response, StatusCodes.Status200OK, description));

    /// <param name="publicUrl">Where the public listener is found.</param>
    /// <param name="allowGetVerification">Gateway:AllowGetVerification.</param>
    public static byte[] Compose(Uri publicUrl, bool allowGetVerification)
    {
        using Stream resource = typeof(OpenApiDescription).Assembly.GetManifestResourceStream(Resource)!;
        JsonNode description = JsonNode.Parse(resource)!;
        description["servers"] = new JsonArray(new JsonObject { ["url"] = publicUrl.GetLeftPart(UriPartial.Authority) });
        JsonObject paths = description["paths"]!.AsObject();
        foreach (IDialect dialect in KnownDialects.All)
        {
            JsonObject first = paths[dialect.Paths[0].Template]!.AsObject();
            if (!allowGetVerification) first.Remove("get");
            foreach (DialectPath other in dialect.Paths.Skip(1)) paths.Add(other.Template, first.DeepClone());
        }

        return JsonSerializer.SerializeToUtf8Bytes(description, Readable);
    }
}
