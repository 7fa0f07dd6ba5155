using CaptchaCluster.Gateway.Dialects.Requests;
using CaptchaCluster.Tokens;
using CaptchaCluster.Verification;

namespace CaptchaCluster.Gateway.Dialects;

/// <summary>
/// reCAPTCHA Enterprise's assessments, as far as they are about the token: <c>tokenProperties</c>, and <c>riskAnalysis</c> where
/// the token was minted with a score. The secret stands where the API key or the bearer token was.
/// </summary>
internal sealed class RecaptchaEnterpriseDialect : IDialect
{
    private const string Bearer = "Bearer ";

    private static readonly Answer Undecided = Failure(503, "UNAVAILABLE", "The outcome is not known; ask again.");
    private static readonly Answer BadRequest = Failure(400, "INVALID_ARGUMENT", "The request cannot be parsed, or a field is over its limit.");
    private static readonly Answer NoSecret = Failure(401, "UNAUTHENTICATED", "Send the site's secret as key, X-Goog-Api-Key or bearer token.");
    private static readonly Answer InvalidSecret = Failure(401, "UNAUTHENTICATED", "The key is no secret of ours.");
    private static readonly Answer SiteDisabled = Failure(403, "PERMISSION_DENIED", "The site is disabled.");

    public string Name => "recaptcha-enterprise";

    public IReadOnlyList<DialectPath> Paths { get; } = [new("/v1/projects/{project}/assessments")];

    public FieldNames Fields { get; } = new(
        ("key", RequestField.Secret),
        ("token", RequestField.Token),
        ("siteKey", RequestField.SiteKey),
        ("expectedAction", RequestField.Action),
        ("userIpAddress", RequestField.RemoteIp))
    {
        Container = "event",
    };

    public Credentials CredentialsOf(HttpRequest request)
    {
        string key = request.Headers["X-Goog-Api-Key"].ToString();
        if (key.Length > 0) return new Credentials(key);
        string authorization = request.Headers.Authorization.ToString();
        return authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? new Credentials(authorization[Bearer.Length..]) : default;
    }

    public int Write(in Verdict verdict, ref JsonPieces reply)
    {
        ReadOnlySpan<byte> reason = InvalidReasonOf(verdict.Kind);
        if (reason.IsEmpty && verdict.Kind != VerdictKind.Success) return AnswerOf(verdict.Kind).WriteTo(ref reply);

        reply.AddText("{\"tokenProperties\":{\"valid\":"u8, reason.IsEmpty ? "true"u8 : "false"u8);
        if (!reason.IsEmpty)
        {
            reply.AddText(",\"invalidReason\":\""u8, reason);
            reply.Add("\""u8);
        }

        // Of another site's token its own site is told, nobody else.
        bool isOurs = verdict.Kind is not (VerdictKind.OtherSite or VerdictKind.SiteKeyMismatch);
        if (isOurs && verdict.Token is { } token) WriteProperties(token, verdict.Kind, ref reply);
        else reply.Add("}"u8);
        reply.Add("}"u8);
        return StatusCodes.Status200OK;
    }

    public string TextOf(Refusal refusal) => TextOf(refusal.Status, "INVALID_ARGUMENT", refusal.Message);

    private static void WriteProperties(PassToken token, VerdictKind kind, ref JsonPieces reply)
    {
        reply.AddText(",\"hostname\":\""u8, token.Hostname);
        if (!token.Action.IsEmpty) reply.AddText("\",\"action\":\""u8, token.Action);
        reply.Add("\",\"createTime\":\""u8);
        reply.Add(token.IssuedAt);
        reply.Add("\"}"u8);
        if (kind != VerdictKind.Success || token.Score.IsEmpty) return;
        reply.AddText(",\"riskAnalysis\":{\"score\":"u8, token.Score);
        reply.Add(",\"reasons\":[]}"u8);
    }

    /// <summary>Empty where the token is valid, and where there is no assessment.</summary>
    private static ReadOnlySpan<byte> InvalidReasonOf(VerdictKind kind) => kind switch
    {
        VerdictKind.MissingToken => "MISSING"u8,
        VerdictKind.InvalidToken => "MALFORMED"u8,
        VerdictKind.OtherSite or VerdictKind.SiteKeyMismatch => "SITE_MISMATCH"u8,
        VerdictKind.ActionMismatch => "UNEXPECTED_ACTION"u8,
        VerdictKind.HostnameMismatch or VerdictKind.IpMismatch or VerdictKind.UidMismatch => "UNKNOWN_INVALID_REASON"u8,
        VerdictKind.Expired => "EXPIRED"u8,
        VerdictKind.Duplicate => "DUPE"u8,
        _ => default,
    };

    private static Answer AnswerOf(VerdictKind kind) => kind switch
    {
        VerdictKind.Undecided => Undecided,
        VerdictKind.BadRequest => BadRequest,
        VerdictKind.MissingSecret or VerdictKind.MissingSecretAndToken => NoSecret,
        VerdictKind.InvalidSecret or VerdictKind.UnknownSite => InvalidSecret,
        VerdictKind.SiteDisabled => SiteDisabled,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a failure"),
    };

    private static Answer Failure(int code, string status, string message) => new(code, TextOf(code, status, message));

    private static string TextOf(int code, string status, string message) =>
        $$$"""{"error":{"code":{{{code}}},"message":"{{{message}}}","status":"{{{status}}}"}}""";
}
