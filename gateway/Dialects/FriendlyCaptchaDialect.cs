using CaptchaCluster.Gateway.Dialects.Requests;
using CaptchaCluster.Tokens;
using CaptchaCluster.Verification;

namespace CaptchaCluster.Gateway.Dialects;

/// <summary>
/// Friendly Captcha v2. Its clients let everybody in where the status says that the site's own configuration is wrong (4xx),
/// unless they are strict: so whatever a visitor can bring about is 200, another site's token too.
/// </summary>
internal sealed class FriendlyCaptchaDialect : IDialect
{
    private static readonly Answer BadRequest = Failure(400, "bad_request", "The request cannot be parsed, or a field is over its limit.");
    private static readonly Answer NoSecret = Failure(401, "auth_required", "Send the site's secret in X-API-Key.");
    private static readonly Answer InvalidSecret = Failure(401, "auth_invalid", "X-API-Key is no secret of an active site.");
    private static readonly Answer NoToken = Failure(400, "response_missing", "The field response is missing or empty.");
    private static readonly Answer SiteKeyMismatch = Failure(400, "sitekey_invalid", "The sitekey is not that of the X-API-Key.");
    private static readonly Answer InvalidToken = Failure(200, "response_invalid", "The response is no token of ours.");
    private static readonly Answer OtherSite = Failure(200, "response_invalid", "The response is a token of another site.");
    private static readonly Answer HostnameMismatch = Failure(200, "response_invalid", "The response was made for a hostname that the site does not list.");
    private static readonly Answer IpMismatch = Failure(200, "response_invalid", "The response was made for another address.");
    private static readonly Answer ActionMismatch = Failure(200, "response_invalid", "The response was made for another action.");
    private static readonly Answer UidMismatch = Failure(200, "response_invalid", "The response was made for another user.");
    private static readonly Answer Expired = Failure(200, "response_timeout", "The response is too old.");
    private static readonly Answer Duplicate = Failure(200, "response_duplicate", "The response was verified before.");
    private static readonly Answer Undecided = Failure(503, "internal_server_error", "The outcome is not known; ask again.");

    public string Name => "friendly";

    public IReadOnlyList<DialectPath> Paths { get; } = [new("/api/v2/captcha/siteverify")];

    public FieldNames Fields { get; } = new(
        ("response", RequestField.Token),
        ("sitekey", RequestField.SiteKey),
        ("remoteip", RequestField.RemoteIp),
        ("idempotency_key", RequestField.IdempotencyKey));

    public Credentials CredentialsOf(HttpRequest request) => new(request.Headers["X-API-Key"].ToString());

    public int Write(in Verdict verdict, ref JsonPieces reply)
    {
        if (verdict.Kind != VerdictKind.Success) return AnswerOf(verdict.Kind).WriteTo(ref reply);
        WriteSuccess(verdict.Token!, ref reply);
        return StatusCodes.Status200OK;
    }

    public string TextOf(Refusal refusal) => TextOf("bad_request", refusal.Message);

    private static Answer AnswerOf(VerdictKind kind) => kind switch
    {
        VerdictKind.Undecided => Undecided,
        VerdictKind.BadRequest => BadRequest,
        VerdictKind.MissingSecret or VerdictKind.MissingSecretAndToken => NoSecret,
        VerdictKind.MissingToken => NoToken,
        VerdictKind.InvalidSecret or VerdictKind.UnknownSite or VerdictKind.SiteDisabled => InvalidSecret,
        VerdictKind.InvalidToken => InvalidToken,
        VerdictKind.OtherSite => OtherSite,
        VerdictKind.SiteKeyMismatch => SiteKeyMismatch,
        VerdictKind.HostnameMismatch => HostnameMismatch,
        VerdictKind.IpMismatch => IpMismatch,
        VerdictKind.ActionMismatch => ActionMismatch,
        VerdictKind.UidMismatch => UidMismatch,
        VerdictKind.Expired => Expired,
        VerdictKind.Duplicate => Duplicate,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a failure"),
    };

    private static void WriteSuccess(PassToken token, ref JsonPieces reply)
    {
        reply.Add("{\"success\":true,\"data\":{\"event_id\":\"ev_"u8);
        reply.Add(token.Id);
        reply.Add("\",\"challenge\":{\"timestamp\":\""u8);
        reply.Add(token.IssuedAt);
        reply.AddText("\",\"origin\":\""u8, token.Hostname);
        reply.Add("\"}}}"u8);
    }

    private static Answer Failure(int status, string code, string detail) => new(status, TextOf(code, detail));

    private static string TextOf(string code, string detail) => $$$"""{"success":false,"error":{"error_code":"{{{code}}}","detail":"{{{detail}}}"}}""";
}
