using System.Globalization;
using System.IO.Pipelines;
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

    // What is written before the response has started would be kept in memory of its own and copied later: so each verdict is
    // put together here, the response started with its length, and the text handed over in one call that copies it.
    [ThreadStatic]
    private static byte[]? buffer;

    public static ValueTask<FlushResult> WriteAsync(HttpResponse response, in Verdict verdict)
    {
        if (verdict.Kind == VerdictKind.Undecided)
        {
            response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            response.Headers.RetryAfter = RetryAfterSeconds;
        }

        return verdict.Kind switch
        {
            VerdictKind.Success => SendAsync(response, Success(verdict.Token!)),
            VerdictKind.Duplicate => SendAsync(response, TimeoutOrDuplicate(verdict.Token!, "duplicate"u8)),
            VerdictKind.Expired => SendAsync(response, TimeoutOrDuplicate(verdict.Token!, "expired"u8)),
            _ => SendAsync(response, ConstantFor(verdict.Kind)),
        };
    }

    private static byte[] ConstantFor(VerdictKind kind) => kind switch
    {
        VerdictKind.Undecided => InternalError,
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

    private static ReadOnlyMemory<byte> Success(PassToken token)
    {
        Pieces json = new(buffer ??= new byte[MaxLength]);
        json.Add("{\"success\":true,\"challenge_ts\":\""u8);
        json.Add(token.IssuedAt);
        json.AddText("\",\"hostname\":\""u8, token.Hostname);
        if (!token.Action.IsEmpty) json.AddText("\",\"action\":\""u8, token.Action);
        if (!token.CData.IsEmpty) json.AddText("\",\"cdata\":\""u8, token.CData);
        json.Add("\""u8);
        if (!token.Score.IsEmpty) json.AddText(",\"score\":"u8, token.Score);
        if (!token.Platform.IsEmpty) json.AddText(",\"platform\":"u8, token.Platform);
        json.Add(",\"error-codes\":[]}"u8);
        return buffer.AsMemory(0, json.Length);
    }

    private static ReadOnlyMemory<byte> TimeoutOrDuplicate(PassToken token, ReadOnlySpan<byte> reason)
    {
        Pieces json = new(buffer ??= new byte[MaxLength]);
        json.AddText("{\"success\":false,\"error-codes\":[\"timeout-or-duplicate\"],\"reason\":\""u8, reason);
        json.Add("\",\"challenge_ts\":\""u8);
        json.Add(token.IssuedAt);
        json.AddText("\",\"hostname\":\""u8, token.Hostname);
        json.Add("\"}"u8);
        return buffer.AsMemory(0, json.Length);
    }

    private static ValueTask<FlushResult> SendAsync(HttpResponse response, ReadOnlyMemory<byte> json)
    {
        response.ContentType = JsonReply.MediaType;
        response.ContentLength = json.Length;
        Task started = response.StartAsync();
        return started.IsCompletedSuccessfully ? response.BodyWriter.WriteAsync(json) : SendLaterAsync(response, started, json.ToArray());
    }

    // The buffer is this thread's, and by then the next verdict may be in it.
    private static async ValueTask<FlushResult> SendLaterAsync(HttpResponse response, Task started, byte[] json)
    {
        await started;
        return await response.BodyWriter.WriteAsync(json);
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
