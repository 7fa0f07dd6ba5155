using CaptchaCluster.Gateway.Dialects.Requests;
using CaptchaCluster.Tokens;
using CaptchaCluster.Verification;

namespace CaptchaCluster.Gateway.Dialects;

/// <summary>hCaptcha: as reCAPTCHA, but tells expired from seen, and its score is risk. Every verdict is 200.</summary>
internal sealed class HCaptchaDialect : IDialect
{
    private static readonly Answer BadRequest = ErrorCodes.Failure("bad-request");
    private static readonly Answer MissingSecret = ErrorCodes.Failure("missing-input-secret");
    private static readonly Answer MissingToken = ErrorCodes.Failure("missing-input-response");
    private static readonly Answer MissingBoth = ErrorCodes.Failure("missing-input-secret", "missing-input-response");
    private static readonly Answer InvalidSecret = ErrorCodes.Failure("invalid-input-secret");
    private static readonly Answer InvalidToken = ErrorCodes.Failure("invalid-input-response");
    private static readonly Answer OtherSite = ErrorCodes.Failure("sitekey-secret-mismatch");
    private static readonly Answer HostnameMismatch = ErrorCodes.Failure("invalid-input-response", "hostname-mismatch");
    private static readonly Answer IpMismatch = ErrorCodes.Failure("invalid-remoteip");
    private static readonly Answer ActionMismatch = ErrorCodes.Failure("invalid-input-response", "action-mismatch");
    private static readonly Answer UidMismatch = ErrorCodes.Failure("invalid-input-response", "uid-mismatch");
    private static readonly Answer Expired = ErrorCodes.Failure("expired-input-response");
    private static readonly Answer Duplicate = ErrorCodes.Failure("already-seen-response");

    public string Name => "hcaptcha";

    public IReadOnlyList<DialectPath> Paths { get; } = [new("/hcaptcha/siteverify")];

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
        if (verdict.Kind != VerdictKind.Success) return FailureOf(verdict.Kind).WriteTo(ref reply);
        WriteSuccess(verdict.Token!, ref reply);
        return StatusCodes.Status200OK;
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
        VerdictKind.Expired => Expired,
        VerdictKind.Duplicate => Duplicate,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a failure"),
    };

    private static void WriteSuccess(PassToken token, ref JsonPieces reply)
    {
        reply.Add("{\"success\":true,\"challenge_ts\":\""u8);
        reply.Add(token.IssuedAt);
        reply.AddText("\",\"hostname\":\""u8, token.Hostname);
        reply.Add("\""u8);
        if (!token.Score.IsEmpty)
        {
            reply.Add(",\"score\":"u8);
            reply.AddNumber(Score.Inverted(token.Score));
        }

        reply.Add(",\"error-codes\":[]}"u8);
    }
}
