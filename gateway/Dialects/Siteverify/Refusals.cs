using System.Text;
using CaptchaCluster.Gateway.Dialects.Siteverify.Requests;
using CaptchaCluster.Gateway.Hosting;

namespace CaptchaCluster.Gateway.Dialects.Siteverify;

/// <summary>Answers by HTTP status that are no verdicts. All of them read as a failure to a client that looks at the body only.</summary>
internal static class Refusals
{
    private static readonly byte[] GetNotAllowed = Refusal(
        "GET is accepted only where the setting Gateway:AllowGetVerification is true; send a POST.");

    private static readonly byte[] NotPost = Refusal("Send a POST.");

    private static readonly byte[] TooLarge = Refusal($"The body is longer than {SiteverifyFields.MaxBodyLength} bytes.");

    private static readonly byte[] NotOurMediaType = Refusal(
        "The Content-Type must be application/x-www-form-urlencoded, application/json or multipart/form-data.");

    private static readonly byte[] NotHttp = Refusal("The body could not be read.");

    public static void MethodNotAllowed(HttpResponse response, bool isGet, bool allowGet)
    {
        response.Headers.Allow = allowGet ? "GET, POST" : "POST";
        JsonReply.Write(response, StatusCodes.Status405MethodNotAllowed, isGet ? GetNotAllowed : NotPost);
    }

    /// <summary>Ends the connection too: what is left of the body is not worth reading.</summary>
    public static void BodyTooLarge(HttpResponse response)
    {
        response.Headers.Connection = "close";
        JsonReply.Write(response, StatusCodes.Status413PayloadTooLarge, TooLarge);
    }

    public static void UnsupportedMediaType(HttpResponse response) =>
        JsonReply.Write(response, StatusCodes.Status415UnsupportedMediaType, NotOurMediaType);

    /// <summary>A body that broke off, came too slowly or is no HTTP.</summary>
    public static void Unreadable(HttpResponse response, int status)
    {
        response.Headers.Connection = "close";
        JsonReply.Write(response, status, status == StatusCodes.Status413PayloadTooLarge ? TooLarge : NotHttp);
    }

    /// <param name="message">ASCII that needs no escapes in JSON.</param>
    private static byte[] Refusal(string message) =>
        Encoding.ASCII.GetBytes($$"""{"success":false,"error-codes":["bad-request"],"message":"{{message}}"}""");
}
