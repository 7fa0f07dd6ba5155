using System.Globalization;
using System.Text;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Tokens;
using CaptchaCluster.Verification;

namespace CaptchaCluster.Gateway.Dialects.Siteverify;

/// <summary>A verdict in this dialect's words, put together from UTF-8 pieces. Members without a value are left out.</summary>
internal static class VerdictWriter
{
    /// <summary>Bytes: all that a token can hold, and what is put around it.</summary>
    private const int MaxLength = TokenLimits.MaxTokenLength + 256;

    private const string RetryAfterSeconds = "1";

    private static readonly byte[] InternalError = Failure("internal-error");
    private static readonly byte[] BadRequest = Failure("bad-request");
    private static readonly byte[] MissingSecret = Failure("missing-input-secret");
    private static readonly byte[] MissingToken = Failure("missing-input-response");
    private static readonly byte[] MissingBoth = Failure("missing-input-secret", "missing-input-response");
    private static readonly byte[] InvalidSecret = Failure("invalid-input-secret");
    private static readonly byte[] InvalidToken = Failure("invalid-input-response");
    private static readonly byte[] OtherSite = Failure("invalid-input-response", "site-mismatch");
    private static readonly byte[] HostnameMismatch = Failure("invalid-input-response", "hostname-mismatch");
    private static readonly byte[] IpMismatch = Failure("invalid-input-response", "ip-mismatch");

    public static void Write(HttpResponse response, in Verdict verdict)
    {
        switch (verdict.Kind)
        {
            case VerdictKind.Success:
                WriteSuccess(response, verdict.Token!);
                break;
            case VerdictKind.Duplicate:
                WriteTimeoutOrDuplicate(response, verdict.Token!, "duplicate"u8);
                break;
            case VerdictKind.Expired:
                WriteTimeoutOrDuplicate(response, verdict.Token!, "expired"u8);
                break;
            case VerdictKind.Undecided:
                response.Headers.RetryAfter = RetryAfterSeconds;
                JsonReply.Write(response, StatusCodes.Status503ServiceUnavailable, InternalError);
                break;
            default:
                JsonReply.Write(response, StatusCodes.Status200OK, ConstantFor(verdict.Kind));
                break;
        }
    }

    private static byte[] ConstantFor(VerdictKind kind) => kind switch
    {
        VerdictKind.BadRequest => BadRequest,
        VerdictKind.MissingSecret => MissingSecret,
        VerdictKind.MissingToken => MissingToken,
        VerdictKind.MissingSecretAndToken => MissingBoth,
        VerdictKind.InvalidSecret or VerdictKind.SiteDisabled => InvalidSecret,
        VerdictKind.InvalidToken => InvalidToken,
        VerdictKind.OtherSite => OtherSite,
        VerdictKind.HostnameMismatch => HostnameMismatch,
        VerdictKind.IpMismatch => IpMismatch,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a verdict of constant text"),
    };

    private static void WriteSuccess(HttpResponse response, PassToken token)
    {
        Pieces json = new(response.BodyWriter.GetSpan(MaxLength));
        json.Add("{\"success\":true,\"challenge_ts\":\""u8);
        json.Add(token.IssuedAt);
        json.AddText("\",\"hostname\":\""u8, token.Hostname);
        if (!token.Action.IsEmpty) json.AddText("\",\"action\":\""u8, token.Action);
        if (!token.CData.IsEmpty) json.AddText("\",\"cdata\":\""u8, token.CData);
        json.Add("\""u8);
        if (!token.Score.IsEmpty) json.AddText(",\"score\":"u8, token.Score);
        if (!token.Platform.IsEmpty) json.AddText(",\"platform\":"u8, token.Platform);
        json.Add(",\"error-codes\":[]}"u8);
        Finish(response, json.Length);
    }

    private static void WriteTimeoutOrDuplicate(HttpResponse response, PassToken token, ReadOnlySpan<byte> reason)
    {
        Pieces json = new(response.BodyWriter.GetSpan(MaxLength));
        json.AddText("{\"success\":false,\"error-codes\":[\"timeout-or-duplicate\"],\"reason\":\""u8, reason);
        json.Add("\",\"challenge_ts\":\""u8);
        json.Add(token.IssuedAt);
        json.AddText("\",\"hostname\":\""u8, token.Hostname);
        json.Add("\"}"u8);
        Finish(response, json.Length);
    }

    private static void Finish(HttpResponse response, int length)
    {
        response.ContentType = JsonReply.MediaType;
        response.ContentLength = length;
        response.BodyWriter.Advance(length);
    }

    private static byte[] Failure(params string[] codes) =>
        Encoding.ASCII.GetBytes($$"""{"success":false,"error-codes":["{{string.Join("\",\"", codes)}}"]}""");

    /// <summary>Appends to one span. What comes from a token is JSON already: <see cref="PassToken"/>.</summary>
    private ref struct Pieces(Span<byte> destination)
    {
        private readonly Span<byte> destination = destination;

        public int Length { get; private set; }

        public void Add(ReadOnlySpan<byte> piece)
        {
            piece.CopyTo(destination[Length..]);
            Length += piece.Length;
        }

        public void AddText(ReadOnlySpan<byte> before, ReadOnlySpan<byte> text)
        {
            Add(before);
            Add(text);
        }

        public void Add(UnixSeconds time)
        {
            time.ToDateTimeOffset().UtcDateTime.TryFormat(destination[Length..], out int written, "s", CultureInfo.InvariantCulture);
            Length += written;
            Add("Z"u8);
        }
    }
}
