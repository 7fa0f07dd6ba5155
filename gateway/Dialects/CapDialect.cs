using CaptchaCluster.Gateway.Dialects.Requests;
using CaptchaCluster.Verification;

namespace CaptchaCluster.Gateway.Dialects;

/// <summary>Cap, standalone: the sitekey is in the path, failures are told by status and text, success is nothing but that.</summary>
internal sealed class CapDialect : IDialect
{
    private static readonly Answer Success = new(200, """{"success":true}""");
    private static readonly Answer Unparsed = Failure(400, "Invalid request");
    private static readonly Answer Missing = Failure(400, "Missing required parameters");
    private static readonly Answer UnknownSite = Failure(404, "Invalid site key or secret");
    private static readonly Answer InvalidSecret = Failure(403, "Invalid site key or secret");
    private static readonly Answer NoToken = Failure(404, "Token not found");
    private static readonly Answer Expired = Failure(403, "Token expired");
    private static readonly Answer HostnameMismatch = Failure(403, "Token is for another hostname");
    private static readonly Answer IpMismatch = Failure(403, "Token is for another address");
    private static readonly Answer ActionMismatch = Failure(403, "Token is for another action");
    private static readonly Answer UidMismatch = Failure(403, "Token is for another user");
    private static readonly Answer Undecided = Failure(503, "Internal server error");

    // A first segment of another form is no sitekey of ours: a mistyped path is then told to be one.
    private static readonly DialectPath Path = new("/{sitekey}/siteverify", valuePrefix: "cpt_pub_");

    public string Name => "cap";

    public IReadOnlyList<DialectPath> Paths { get; } = [Path];

    public FieldNames Fields { get; } = new(
        ("secret", RequestField.Secret),
        ("response", RequestField.Token),
        ("remoteip", RequestField.RemoteIp),
        ("idempotency_key", RequestField.IdempotencyKey));

    public Credentials CredentialsOf(HttpRequest request)
    {
        Path.TryMatch(request.Path.Value, out ReadOnlySpan<char> siteKey);
        return new Credentials(Secret: null, IsPair: true, siteKey.ToString());
    }

    public int Write(in Verdict verdict, ref JsonPieces reply) => AnswerOf(verdict.Kind).WriteTo(ref reply);

    public string TextOf(Refusal refusal) => TextOf(refusal.Message);

    private static Answer AnswerOf(VerdictKind kind) => kind switch
    {
        VerdictKind.Success => Success,
        VerdictKind.Undecided => Undecided,
        VerdictKind.BadRequest => Unparsed,
        VerdictKind.MissingSecret or VerdictKind.MissingToken or VerdictKind.MissingSecretAndToken => Missing,
        VerdictKind.UnknownSite or VerdictKind.SiteDisabled or VerdictKind.OtherSite or VerdictKind.SiteKeyMismatch => UnknownSite,
        VerdictKind.InvalidSecret => InvalidSecret,
        VerdictKind.InvalidToken or VerdictKind.Duplicate => NoToken,
        VerdictKind.HostnameMismatch => HostnameMismatch,
        VerdictKind.IpMismatch => IpMismatch,
        VerdictKind.ActionMismatch => ActionMismatch,
        VerdictKind.UidMismatch => UidMismatch,
        VerdictKind.Expired => Expired,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a verdict"),
    };

    private static Answer Failure(int status, string error) => new(status, TextOf(error));

    private static string TextOf(string error) => $$"""{"success":false,"error":"{{error}}"}""";
}
