using CaptchaCluster.Gateway.Dialects.Requests;
using CaptchaCluster.Tokens;
using CaptchaCluster.Verification;

namespace CaptchaCluster.Gateway.Dialects;

/// <summary>
/// CaptchaLa's <c>/v1/validate</c>. Its documented integration looks at the status alone, so only a valid token is 2xx; its SDKs
/// look at the body alone, some of them for the error beside <c>data</c> and some within, so it is in both places.
/// </summary>
internal sealed class CaptchaLaDialect : IDialect
{
    /// <summary>What <c>code</c> says of a question that was answered, whatever the answer.</summary>
    private const int Handled = 0;

    private static readonly Answer Undecided = Failure(503, 503, "unknown_error", "the outcome is not known; ask again");
    private static readonly Answer BadRequest = Failure(400, 400, "bad_request", "the request cannot be parsed, or a field is over its limit");
    private static readonly Answer UnknownSite = Failure(401, 401, "invalid_app_key", "X-App-Key is missing or no sitekey of ours");
    private static readonly Answer InvalidSecret = Failure(401, 401, "invalid_app_secret", "X-App-Secret is missing or not the secret of X-App-Key");
    private static readonly Answer SiteDisabled = Failure(401, 401, "app_disabled", "the site is disabled");
    private static readonly Answer NoToken = Failure(400, Handled, "empty_token", "pass_token is missing or empty");
    private static readonly Answer InvalidToken = Failure(400, Handled, "invalid_token", "no token of ours");
    private static readonly Answer OtherSite = Failure(400, Handled, "invalid_token", "a token of another site");
    private static readonly Answer HostnameMismatch = Failure(400, Handled, "invalid_token", "a token for a hostname that the site does not list");
    private static readonly Answer IpMismatch = Failure(400, Handled, "token_ip_mismatch", "a token for another address");
    private static readonly Answer ActionMismatch = Failure(400, Handled, "token_action_mismatch", "a token for another action");
    private static readonly Answer UidMismatch = Failure(400, Handled, "token_uid_mismatch", "a token for another user");
    private static readonly Answer Expired = Failure(400, Handled, "token_expired", "the token is too old");
    private static readonly Answer Duplicate = Failure(400, Handled, "token_consumed", "the token was validated before");

    public string Name => "captchala";

    public IReadOnlyList<DialectPath> Paths { get; } = [new("/v1/validate")];

    /// <summary>The peer knows the first three; its issuing call binds what the last three compare.</summary>
    public FieldNames Fields { get; } = new(
        ("pass_token", RequestField.Token),
        ("keep_token", RequestField.Peek),
        ("client_ip", RequestField.RemoteIp),
        ("action", RequestField.Action),
        ("uid", RequestField.Uid),
        ("idempotency_key", RequestField.IdempotencyKey));

    public Credentials CredentialsOf(HttpRequest request) =>
        new(request.Headers["X-App-Secret"].ToString(), IsPair: true, request.Headers["X-App-Key"].ToString());

    public int Write(in Verdict verdict, ref JsonPieces reply)
    {
        if (verdict.Kind != VerdictKind.Success) return AnswerOf(verdict.Kind).WriteTo(ref reply);
        WriteSuccess(verdict.Token!, ref reply);
        return StatusCodes.Status200OK;
    }

    public string TextOf(Refusal refusal) => TextOf(refusal.Status, "bad_request", refusal.Message);

    private static Answer AnswerOf(VerdictKind kind) => kind switch
    {
        VerdictKind.Undecided => Undecided,
        VerdictKind.BadRequest => BadRequest,
        VerdictKind.MissingSecret or VerdictKind.MissingSecretAndToken or VerdictKind.InvalidSecret => InvalidSecret,
        VerdictKind.MissingToken => NoToken,
        VerdictKind.UnknownSite => UnknownSite,
        VerdictKind.SiteDisabled => SiteDisabled,
        VerdictKind.InvalidToken => InvalidToken,
        VerdictKind.OtherSite or VerdictKind.SiteKeyMismatch => OtherSite,
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
        reply.Add("{\"code\":0,\"msg\":\"ok\",\"data\":{\"valid\":true,\"challenge_id\":\"ch_"u8);
        reply.Add(token.Id);
        if (!token.Action.IsEmpty) reply.AddText("\",\"action\":\""u8, token.Action);
        reply.AddText("\",\"captcha_args\":{\"hostname\":\""u8, token.Hostname);
        reply.Add("\",\"solved_at\":"u8);
        reply.AddNumber(token.IssuedAt.Value);
        if (!token.Score.IsEmpty)
        {
            reply.Add(",\"risk_score\":"u8);
            reply.AddNumber(decimal.Round(100 * Score.Inverted(token.Score)));
        }

        reply.Add("}}}"u8);
    }

    private static Answer Failure(int status, int code, string error, string message) => new(status, TextOf(code, error, message));

    private static string TextOf(int code, string error, string message) =>
        $$$"""{"code":{{{code}}},"msg":"{{{message}}}","error":"{{{error}}}","data":{"valid":false,"error":"{{{error}}}"}}""";
}
