using CaptchaCluster.Gateway.Dialects.Requests;
using CaptchaCluster.Tokens;
using CaptchaCluster.Verification;

namespace CaptchaCluster.Gateway.Dialects;

/// <summary>
/// Turnstile, reCAPTCHA v2 and v3, and both generations of caputchin. Every verdict is 200; the code that every client knows
/// comes first, extensions follow.
/// </summary>
internal sealed class SiteverifyDialect : IDialect
{
    private static readonly Answer BadRequest = ErrorCodes.Failure("bad-request");
    private static readonly Answer MissingSecret = ErrorCodes.Failure("missing-input-secret");
    private static readonly Answer MissingToken = ErrorCodes.Failure("missing-input-response");
    private static readonly Answer MissingBoth = ErrorCodes.Failure("missing-input-secret", "missing-input-response");
    private static readonly Answer InvalidSecret = ErrorCodes.Failure("invalid-input-secret");
    private static readonly Answer InvalidToken = ErrorCodes.Failure("invalid-input-response");
    private static readonly Answer OtherSite = ErrorCodes.Failure("invalid-input-response", "site-mismatch");
    private static readonly Answer HostnameMismatch = ErrorCodes.Failure("invalid-input-response", "hostname-mismatch");
    private static readonly Answer IpMismatch = ErrorCodes.Failure("invalid-input-response", "ip-mismatch");
    private static readonly Answer ActionMismatch = ErrorCodes.Failure("invalid-input-response", "action-mismatch");
    private static readonly Answer UidMismatch = ErrorCodes.Failure("invalid-input-response", "uid-mismatch");

    public string Name => "siteverify";

    public IReadOnlyList<DialectPath> Paths { get; } =
    [
        new("/siteverify"),
        new("/v1/siteverify"),
        new("/api/v1/siteverify"),
        new("/turnstile/v0/siteverify"),
        new("/recaptcha/api/siteverify"),
    ];

    public FieldNames Fields { get; } = new(
        ("secret", RequestField.Secret),
        ("response", RequestField.Token),
        ("remoteip", RequestField.RemoteIp),
        ("remote_ip", RequestField.RemoteIp),
        ("idempotency_key", RequestField.IdempotencyKey),
        ("sitekey", RequestField.SiteKey));

    public bool HasGet => true;

    public int Write(in Verdict verdict, ref JsonPieces reply)
    {
        switch (verdict.Kind)
        {
            case VerdictKind.Success:
                WriteSuccess(verdict.Token!, ref reply);
                return StatusCodes.Status200OK;
            case VerdictKind.Duplicate:
                WriteTimeoutOrDuplicate(verdict.Token!, "duplicate"u8, ref reply);
                return StatusCodes.Status200OK;
            case VerdictKind.Expired:
                WriteTimeoutOrDuplicate(verdict.Token!, "expired"u8, ref reply);
                return StatusCodes.Status200OK;
            default:
                return FailureOf(verdict.Kind).WriteTo(ref reply);
        }
    }

    public string TextOf(Refusal refusal) => ErrorCodes.TextOf(refusal);

    private static Answer FailureOf(VerdictKind kind) => kind switch
    {
        VerdictKind.Undecided => ErrorCodes.Undecided,
        VerdictKind.BadRequest => BadRequest,
        VerdictKind.MissingSecret => MissingSecret,
        VerdictKind.MissingToken => MissingToken,
        VerdictKind.MissingSecretAndToken => MissingBoth,
        VerdictKind.InvalidSecret or VerdictKind.UnknownSite or VerdictKind.SiteDisabled => InvalidSecret,
        VerdictKind.InvalidToken => InvalidToken,
        VerdictKind.OtherSite or VerdictKind.SiteKeyMismatch => OtherSite,
        VerdictKind.HostnameMismatch => HostnameMismatch,
        VerdictKind.IpMismatch => IpMismatch,
        VerdictKind.ActionMismatch => ActionMismatch,
        VerdictKind.UidMismatch => UidMismatch,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a failure"),
    };

    private static void WriteSuccess(PassToken token, ref JsonPieces reply)
    {
        reply.Add("{\"success\":true,\"challenge_ts\":\""u8);
        reply.Add(token.IssuedAt);
        reply.AddText("\",\"hostname\":\""u8, token.Hostname);
        if (!token.Action.IsEmpty) reply.AddText("\",\"action\":\""u8, token.Action);
        if (!token.CData.IsEmpty) reply.AddText("\",\"cdata\":\""u8, token.CData);
        reply.Add("\""u8);
        if (!token.Score.IsEmpty) reply.AddText(",\"score\":"u8, token.Score);
        if (!token.Platform.IsEmpty) reply.AddText(",\"platform\":"u8, token.Platform);
        reply.Add(",\"error-codes\":[]}"u8);
    }

    private static void WriteTimeoutOrDuplicate(PassToken token, ReadOnlySpan<byte> reason, ref JsonPieces reply)
    {
        reply.AddText("{\"success\":false,\"error-codes\":[\"timeout-or-duplicate\"],\"reason\":\""u8, reason);
        reply.Add("\",\"challenge_ts\":\""u8);
        reply.Add(token.IssuedAt);
        reply.AddText("\",\"hostname\":\""u8, token.Hostname);
        reply.Add("\"}"u8);
    }
}
