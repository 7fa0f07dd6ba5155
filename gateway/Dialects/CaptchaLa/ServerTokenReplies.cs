using System.Text;
using CaptchaCluster.Gateway.Dialects.Requests;
using CaptchaCluster.Gateway.Hosting;

namespace CaptchaCluster.Gateway.Dialects.CaptchaLa;

/// <summary>
/// What the issuing of server tokens is answered. The SDKs look at the body alone, some for the error beside <c>data</c> and some
/// within, so it is in both places; <c>code</c> is 0 where the request was fulfilled.
/// </summary>
internal static class ServerTokenReplies
{
    /// <summary>The peer's word for an action that is missing, or too long.</summary>
    public const string InvalidAction = "invalid_action";

    private const string BadRequest = "bad_request";

    private static readonly byte[] InvalidAppKey = Failure(401, "invalid_app_key", "X-App-Key is missing or no sitekey of ours");
    private static readonly byte[] InvalidAppSecret = Failure(401, "invalid_app_secret", "X-App-Secret is missing or not the secret of X-App-Key");
    private static readonly byte[] AppDisabled = Failure(401, "app_disabled", "the site is disabled");
    private static readonly byte[] NoAction = Failure(400, InvalidAction, "action must have 1 to 32 characters");
    private static readonly byte[] Unreadable = Failure(400, BadRequest, "the body cannot be read, or names a field twice");
    private static readonly byte[] NotPost = Failure(405, BadRequest, "send a POST");
    private static readonly byte[] TooLarge = Failure(413, BadRequest, $"the body is longer than {RequestFields.MaxBodyLength} bytes");
    private static readonly byte[] NotOurMediaType = Failure(415, BadRequest, "the Content-Type must be application/json or application/x-www-form-urlencoded");
    private static readonly byte[] TooMany = Failure(503, "rate_limit_exceeded", "too many requests from this address come with wrong credentials");
    private static readonly byte[] NotNow = Failure(503, "unknown_error", "nothing can be issued now; ask again");

    public static void WriteIssued(HttpResponse response, string token, int ttlSeconds, UnixSeconds issuedAt) => Write(
        response,
        StatusCodes.Status200OK,
        Encoding.ASCII.GetBytes(
            $$$"""{"code":0,"msg":"success","data":{"server_token":"{{{token}}}","expires_in":{{{ttlSeconds}}},"issued_at":{{{issuedAt.Value}}}}}"""));

    public static void WriteInvalidAppKey(HttpResponse response) => Write(response, StatusCodes.Status401Unauthorized, InvalidAppKey);

    public static void WriteInvalidAppSecret(HttpResponse response) => Write(response, StatusCodes.Status401Unauthorized, InvalidAppSecret);

    public static void WriteAppDisabled(HttpResponse response) => Write(response, StatusCodes.Status401Unauthorized, AppDisabled);

    public static void WriteWrongField(HttpResponse response, string problem) => Write(
        response, StatusCodes.Status400BadRequest, problem == InvalidAction ? NoAction : Failure(400, BadRequest, problem));

    public static void WriteUnreadable(HttpResponse response) => Write(response, StatusCodes.Status400BadRequest, Unreadable);

    public static void WriteUnsupportedMediaType(HttpResponse response) => Write(response, StatusCodes.Status415UnsupportedMediaType, NotOurMediaType);

    public static void WriteMethodNotAllowed(HttpResponse response)
    {
        response.Headers.Allow = HttpMethods.Post;
        Write(response, StatusCodes.Status405MethodNotAllowed, NotPost);
    }

    /// <summary>Ends the connection too: what is left of the body is not worth reading.</summary>
    public static void WriteTooLarge(HttpResponse response)
    {
        response.Headers.Connection = "close";
        Write(response, StatusCodes.Status413PayloadTooLarge, TooLarge);
    }

    public static void WriteTooManyInvalid(HttpResponse response) => WriteUnavailable(response, TooMany);

    public static void WriteNotNow(HttpResponse response) => WriteUnavailable(response, NotNow);

    private static void WriteUnavailable(HttpResponse response, byte[] body)
    {
        response.Headers.RetryAfter = "1";
        Write(response, StatusCodes.Status503ServiceUnavailable, body);
    }

    private static void Write(HttpResponse response, int status, byte[] body)
    {
        response.Headers.CacheControl = "no-store";
        JsonReply.Write(response, status, body);
    }

    /// <param name="status">Also the code: whatever is not 0 is none.</param>
    /// <param name="error">For programs.</param>
    /// <param name="message">ASCII that needs no escapes in JSON.</param>
    private static byte[] Failure(int status, string error, string message) =>
        Encoding.ASCII.GetBytes($$$"""{"code":{{{status}}},"msg":"{{{message}}}","error":"{{{error}}}","data":{"error":"{{{error}}}"}}""");
}
