using System.Buffers;
using System.Collections.Frozen;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using CaptchaCluster.Gateway.Dialects.Siteverify.Requests;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Telemetry;
using CaptchaCluster.Verification;

namespace CaptchaCluster.Gateway.Dialects.Siteverify;

/// <summary>
/// Verification as Turnstile, reCAPTCHA and caputchin have it. Reads the body where it lies and has it judged before the
/// memory goes back; what stays across the wait for the ledger is the verdict alone.
/// </summary>
internal sealed partial class SiteverifyEndpoint(
    Verifier verifier, InvalidSecretLimiter invalidSecrets, VerificationMetrics metrics, bool allowGet, ILogger<SiteverifyEndpoint> logger)
{
    /// <summary>How measurements and traces name this dialect.</summary>
    public const string Dialect = "siteverify";

    /// <summary>
    /// Bytes that the server may take in: a chunk of one byte needs six. The body itself is held to
    /// <see cref="SiteverifyFields.MaxBodyLength"/> here (I10).
    /// </summary>
    public const int MaxBodySizeOnTheWire = 8 * SiteverifyFields.MaxBodyLength;

    public async Task HandleAsync(HttpContext context)
    {
        long begun = metrics.Begin();
        HttpRequest request = context.Request;
        HttpResponse response = context.Response;
        bool isGet = HttpMethods.IsGet(request.Method);
        if (!HttpMethods.IsPost(request.Method) && !(isGet && allowGet))
        {
            Refusals.MethodNotAllowed(response, isGet, allowGet);
            return;
        }

        try
        {
            ReadOnlySequence<byte>? body = await ReadBodyAsync(request);
            if (body is null)
            {
                metrics.Ended(begun, new Verdict(VerdictKind.BadRequest));
                Refusals.BodyTooLarge(response);
                return;
            }

            ParseOutcome outcome = Judge(request, body.Value, out ValueTask<Verdict> verdict);
            request.BodyReader.AdvanceTo(body.Value.End);
            if (isGet) response.Headers.CacheControl = "no-store";
            Verdict judged = await verdict;
            if (judged.Kind == VerdictKind.InvalidSecret && !await invalidSecrets.WaitAsync(context)) judged = new Verdict(VerdictKind.Undecided);
            metrics.Ended(begun, judged);
            if (outcome == ParseOutcome.UnsupportedMediaType) Refusals.UnsupportedMediaType(response);
            else await VerdictWriter.WriteAsync(response, judged);
        }
        catch (BadHttpRequestException exception)
        {
            // Thrown on: only then does the server know that what is left of the body is not the next request.
            metrics.Ended(begun, new Verdict(VerdictKind.BadRequest));
            Refusals.Unreadable(response, exception.StatusCode);
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
            await VerdictWriter.WriteAsync(response, new Verdict(VerdictKind.Undecided));
        }
    }

    /// <summary>The whole body, still in the reader's hands; null where it is longer than allowed.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<ReadOnlySequence<byte>?> ReadBodyAsync(HttpRequest request)
    {
        if (request.ContentLength > SiteverifyFields.MaxBodyLength) return null;
        PipeReader reader = request.BodyReader;
        ReadResult read = await reader.ReadAsync();
        while (!read.IsCompleted && read.Buffer.Length <= SiteverifyFields.MaxBodyLength)
        {
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await reader.ReadAsync();
        }

        if (read.Buffer.Length <= SiteverifyFields.MaxBodyLength) return read.Buffer;
        reader.AdvanceTo(read.Buffer.End);
        return null;
    }

    /// <summary>Parses the request and begins its verification, which by its return has read all it needs of body and scratch.</summary>
    private ParseOutcome Judge(HttpRequest request, in ReadOnlySequence<byte> body, out ValueTask<Verdict> verdict)
    {
        ReadOnlySpan<char> query = request.QueryString.Value;
        int length = (int)body.Length;
        int copied = body.IsSingleSegment ? 0 : length;
        byte[] rented = ArrayPool<byte>.Shared.Rent(copied + SiteverifyFields.ScratchLengthFor(length, query.Length));
        try
        {
            body.Slice(0, copied).CopyTo(rented);
            ReadOnlySpan<byte> bytes = copied == 0 ? body.FirstSpan : rented.AsSpan(0, copied);
            ContentType contentType = ContentType.Of(request.ContentType);
            ParseOutcome outcome = SiteverifyFields.Read(contentType, bytes, query, rented.AsSpan(copied), out SiteverifyFields fields);
            verdict = outcome == ParseOutcome.Parsed
                ? verifier.VerifyAsync(RequestOf(fields))
                : new ValueTask<Verdict>(new Verdict(VerdictKind.BadRequest));
            return outcome;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static VerificationRequest RequestOf(in SiteverifyFields fields) => new()
    {
        Secret = fields.Secret,
        Token = fields.Response,
        RemoteIp = fields.RemoteIp,
        IdempotencyKey = fields.IdempotencyKey,
        SiteKey = fields.SiteKey,
    };

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "A verification failed by an error of the program and was answered 503. Request {RequestId}.")]
        public static partial void Failed(ILogger logger, Exception exception, string requestId);
    }
}

internal static class SiteverifyRoutes
{
    /// <summary>Where the peers' clients look for it.</summary>
    public static readonly string[] Paths = ["/siteverify", "/v1/siteverify", "/turnstile/v0/siteverify", "/recaptcha/api/siteverify"];

    /// <summary>Ahead of routing, which would cost as much as the whole parsing of the request.</summary>
    public static void UseSiteverify(this IApplicationBuilder app, SiteverifyEndpoint endpoint)
    {
        FrozenDictionary<string, RequestDelegate> handlers = Paths
            .Select(path => (Path: path, Handler: RequestTraces.Around(endpoint.HandleAsync, path)))
            .SelectMany(route => new[] { KeyValuePair.Create(route.Path, route.Handler), KeyValuePair.Create(route.Path + "/", route.Handler) })
            .ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        app.Use(next => context =>
            context.Request.Path.Value is { } path && handlers.TryGetValue(path, out RequestDelegate? handler) ? handler(context) : next(context));
    }
}
