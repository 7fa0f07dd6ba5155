using System.Buffers;
using System.Collections.Frozen;
using System.IO.Pipelines;
using System.Text;
using CaptchaCluster.Gateway.Dialects.Requests;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Verification;

namespace CaptchaCluster.Gateway.Dialects;

/// <summary>
/// Serves verification in one dialect. Reads the body where it lies and has it judged before the memory goes back; what stays
/// across the wait for the ledger is the verdict alone.
/// </summary>
internal sealed partial class VerificationEndpoint(
    IDialect dialect,
    Verifier verifier,
    InvalidSecretLimiter invalidSecrets,
    VerificationMetrics metrics,
    bool allowGet,
    ILogger<VerificationEndpoint> logger)
{
    /// <summary>
    /// Bytes that the server may take in: a chunk of one byte needs six. The body itself is held to
    /// <see cref="RequestFields.MaxBodyLength"/> here (I10).
    /// </summary>
    public const int MaxBodySizeOnTheWire = 8 * RequestFields.MaxBodyLength;

    private const string RetryAfterSeconds = "1";

    // What is written before the response has started would be kept in memory of its own and copied later: so each verdict is
    // put together here, the response started with its length, and the text handed over in one call that copies it.
    [ThreadStatic]
    private static byte[]? buffer;

    private readonly bool allowGet = allowGet && dialect.HasGet;

    private readonly FrozenDictionary<Refusal, byte[]> refusals =
        Refusal.All.ToFrozenDictionary(refusal => refusal, refusal => Encoding.ASCII.GetBytes(dialect.TextOf(refusal)));

    public IDialect Dialect => dialect;

    public async Task HandleAsync(HttpContext context)
    {
        long begun = metrics.Begin();
        HttpRequest request = context.Request;
        HttpResponse response = context.Response;
        bool isGet = HttpMethods.IsGet(request.Method);
        if (!HttpMethods.IsPost(request.Method) && !(isGet && allowGet))
        {
            response.Headers.Allow = allowGet ? "GET, POST" : "POST";
            Refuse(response, isGet && dialect.HasGet ? Refusal.GetNotAllowed : Refusal.NotPost);
            return;
        }

        try
        {
            if (!await RequestBody.ReceiveAsync(request))
            {
                metrics.Ended(begun, new Verdict(VerdictKind.BadRequest));
                RefuseAndClose(response, Refusal.BodyTooLarge, Refusal.BodyTooLarge.Status);
                return;
            }

            request.BodyReader.TryRead(out ReadResult body);
            ParseOutcome outcome = Judge(request, body.Buffer, out ValueTask<Verdict> verdict);
            request.BodyReader.AdvanceTo(body.Buffer.End);
            if (isGet) response.Headers.CacheControl = "no-store";
            Verdict judged = await verdict;
            if (judged.Kind is VerdictKind.InvalidSecret or VerdictKind.UnknownSite && !await invalidSecrets.WaitAsync(context))
                judged = new Verdict(VerdictKind.Undecided);
            metrics.Ended(begun, judged);
            if (outcome == ParseOutcome.UnsupportedMediaType) Refuse(response, Refusal.NotOurMediaType);
            else await WriteAsync(response, judged);
        }
        catch (BadHttpRequestException exception)
        {
            // Thrown on: only then does the server know that what is left of the body is not the next request.
            metrics.Ended(begun, new Verdict(VerdictKind.BadRequest));
            bool isTooLarge = exception.StatusCode == StatusCodes.Status413PayloadTooLarge;
            RefuseAndClose(response, isTooLarge ? Refusal.BodyTooLarge : Refusal.Unreadable, exception.StatusCode);
            await response.CompleteAsync();
            throw;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The client went away in the middle of its body; there is nobody to answer.
            context.Abort();
            throw;
        }
        catch (Exception exception) when (!response.HasStarted)
        {
            Log.Failed(logger, exception, RequestId.Tell(context));
            metrics.Ended(begun, new Verdict(VerdictKind.Undecided));
            await WriteAsync(response, new Verdict(VerdictKind.Undecided));
        }
    }

    /// <summary>Parses the request and begins its verification, which by its return has read all it needs of body and scratch.</summary>
    private ParseOutcome Judge(HttpRequest request, in ReadOnlySequence<byte> body, out ValueTask<Verdict> verdict)
    {
        Credentials credentials = dialect.CredentialsOf(request);
        ReadOnlySpan<char> query = request.QueryString.Value;
        int length = (int)body.Length;
        int copied = body.IsSingleSegment ? 0 : length;
        int transcoded = RequestFields.BytesPerChar * credentials.Length;
        byte[] rented = ArrayPool<byte>.Shared.Rent(transcoded + copied + RequestFields.ScratchLengthFor(length, query.Length));
        try
        {
            Span<byte> scratch = rented.AsSpan(transcoded);
            body.Slice(0, copied).CopyTo(scratch);
            ReadOnlySpan<byte> bytes = copied == 0 ? body.FirstSpan : scratch[..copied];
            ContentType contentType = ContentType.Of(request.ContentType);
            ParseOutcome outcome = RequestFields.Read(dialect.Fields, contentType, bytes, query, scratch[copied..], out RequestFields fields);
            verdict = outcome == ParseOutcome.Parsed
                ? verifier.VerifyAsync(RequestOf(fields, credentials, rented))
                : new ValueTask<Verdict>(new Verdict(VerdictKind.BadRequest));
            return outcome;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static VerificationRequest RequestOf(in RequestFields fields, in Credentials credentials, Span<byte> scratch)
    {
        int secret = Encoding.UTF8.GetBytes(credentials.Secret, scratch);
        int siteKey = Encoding.UTF8.GetBytes(credentials.SiteKey, scratch[secret..]);
        return new VerificationRequest
        {
            Secret = credentials.Secret is null ? fields.Secret : scratch[..secret],
            HasPairedSecret = credentials.IsPair,
            SecretSiteKey = scratch.Slice(secret, siteKey),
            Token = fields.Token,
            RemoteIp = fields.RemoteIp,
            IdempotencyKey = fields.IdempotencyKey,
            SiteKey = fields.SiteKey,
            Action = fields.Action,
            Uid = fields.Uid,
            IsPeek = fields.IsPeek,
        };
    }

    private ValueTask<FlushResult> WriteAsync(HttpResponse response, in Verdict verdict)
    {
        JsonPieces reply = new(buffer ??= new byte[JsonPieces.MaxLength]);
        response.StatusCode = dialect.Write(verdict, ref reply);
        if (verdict.Kind == VerdictKind.Undecided) response.Headers.RetryAfter = RetryAfterSeconds;
        response.ContentType = JsonReply.MediaType;
        response.ContentLength = reply.Length;
        ReadOnlyMemory<byte> json = buffer.AsMemory(0, reply.Length);
        Task started = response.StartAsync();
        return started.IsCompletedSuccessfully ? response.BodyWriter.WriteAsync(json) : SendLaterAsync(response, started, json.ToArray());
    }

    // The buffer is this thread's, and by then the next verdict may be in it.
    private static async ValueTask<FlushResult> SendLaterAsync(HttpResponse response, Task started, byte[] json)
    {
        await started;
        return await response.BodyWriter.WriteAsync(json);
    }

    private void Refuse(HttpResponse response, Refusal refusal) => JsonReply.Write(response, refusal.Status, refusals[refusal]);

    /// <summary>Ends the connection too: what is left of the body is not worth reading.</summary>
    private void RefuseAndClose(HttpResponse response, Refusal refusal, int status)
    {
        response.Headers.Connection = "close";
        JsonReply.Write(response, status, refusals[refusal]);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "A verification failed by an error of the program and was answered 503. Request {RequestId}.")]
        public static partial void Failed(ILogger logger, Exception exception, string requestId);
    }
}
