using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using CaptchaCluster.Gateway.Dialects.Requests;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Telemetry;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Gateway.Dialects.CaptchaLa;

/// <summary>
/// CaptchaLa's <c>/v1/server/challenge/issue</c>: a site's server, by its secret, gets a token to hand to its visitor before
/// the visitor solves anything. Nothing is recorded: a token's uses are, and they go by the generation of the secret that
/// asked for it, so that what was issued for a secret ends with that secret.
/// </summary>
internal sealed partial class ServerTokenEndpoint(
    SiteDirectory sites,
    ServerTokenCodec codec,
    IRedeemer redeemer,
    InvalidSecretLimiter invalidSecrets,
    TokenMetrics metrics,
    TimeProvider clock,
    ILogger<ServerTokenEndpoint> logger,
    FreshSites? fresh = null)
{
    public const string Path = "/v1/server/challenge/issue";

    public async Task HandleAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            ServerTokenReplies.WriteMethodNotAllowed(response);
            return;
        }

        try
        {
            byte[]? body = await ReadBodyAsync(context.Request);
            if (body is null) ServerTokenReplies.WriteTooLarge(response);
            else if (await AuthenticateAsync(context) is (var site, var generation)) Issue(context, site, generation, body);
        }
        catch (BadHttpRequestException exception)
        {
            // Thrown on: only then does the server know that what is left of the body is not the next request.
            if (exception.StatusCode == StatusCodes.Status413PayloadTooLarge) ServerTokenReplies.WriteTooLarge(response);
            else ServerTokenReplies.WriteUnreadable(response);
            await response.CompleteAsync();
            throw;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The client went away.
            context.Abort();
            throw;
        }
        catch (Exception exception) when (!response.HasStarted)
        {
            Log.Failed(logger, exception, RequestId.Tell(context));
            ServerTokenReplies.WriteNotNow(response);
        }
    }

    /// <summary>The whole body; null where it is longer than allowed.</summary>
    private static async ValueTask<byte[]?> ReadBodyAsync(HttpRequest request)
    {
        if (!await RequestBody.ReceiveAsync(request)) return null;
        request.BodyReader.TryRead(out ReadResult read);
        byte[] body = read.Buffer.ToArray();
        request.BodyReader.AdvanceTo(read.Buffer.End);
        return body;
    }

    /// <summary>Null where it has answered: an error in the credentials hides everything else.</summary>
    private async ValueTask<(Site Site, Generation Generation)?> AuthenticateAsync(HttpContext context)
    {
        IHeaderDictionary headers = context.Request.Headers;
        byte[] secret = Encoding.UTF8.GetBytes(headers["X-App-Secret"].ToString());
        bool isKey = SiteKey.TryParse(headers["X-App-Key"].ToString(), out SiteKey key);
        bool isSecret = TryAuthenticate(key, secret, out Site site, out Generation generation);

        // I8: another node may have made the site, made its secret or enabled it before this request came.
        if (fresh is not null && isKey && !(isSecret && site.IsActive))
        {
            if (!await fresh.RefreshAsync(key))
            {
                ServerTokenReplies.WriteNotNow(context.Response);
                return null;
            }

            isSecret = TryAuthenticate(key, secret, out site, out generation);
        }

        if (!isSecret)
        {
            bool isSite = isKey && sites.TryGet(key, out Site known) && !known.IsDeleted;
            if (!await invalidSecrets.WaitAsync(context)) ServerTokenReplies.WriteTooManyInvalid(context.Response);
            else if (!isSite) ServerTokenReplies.WriteInvalidAppKey(context.Response);
            else ServerTokenReplies.WriteInvalidAppSecret(context.Response);
            return null;
        }

        if (site.IsActive) return (site, generation);
        ServerTokenReplies.WriteAppDisabled(context.Response);
        return null;
    }

    private bool TryAuthenticate(SiteKey key, ReadOnlySpan<byte> secret, out Site site, out Generation generation) =>
        sites.TryAuthenticate(secret, UnixSeconds.Now(clock), out site, out generation) && site.Key == key;

    private void Issue(HttpContext context, Site site, Generation generation, byte[] body)
    {
        HttpResponse response = context.Response;
        MediaKind kind = ContentType.Of(context.Request.ContentType).Kind;
        if (kind is not (MediaKind.Json or MediaKind.Form))
        {
            ServerTokenReplies.WriteUnsupportedMediaType(response);
        }
        else if (ServerTokenRequest.Parse(kind, body) is not { } fields)
        {
            ServerTokenReplies.WriteUnreadable(response);
        }
        else if (ServerTokenRequest.Read(fields, codec.Limits.MaxTtlSeconds, out string problem) is not { } request)
        {
            ServerTokenReplies.WriteWrongField(response, problem);
        }
        else if (!redeemer.IsReady)
        {
            ServerTokenReplies.WriteNotNow(response); // I9: nobody could use it
        }
        else
        {
            UnixSeconds issuedAt = redeemer.IssueTime(clock);
            string token = codec.Issue(new ServerTokenClaims
            {
                Site = site.Key,
                Generation = generation,
                Id = TokenId.New(),
                IssuedAt = issuedAt,
                ExpiresAt = issuedAt + request.TtlSeconds,
                MaxUses = request.MaxUses,
                Action = request.Action,
                ClientAddress = request.ClientAddress,
                Uid = request.Uid,
            });
            metrics.ServerTokenIssued();
            ServerTokenReplies.WriteIssued(response, token, request.TtlSeconds, issuedAt);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "A server token was not issued by an error of the program. Request {RequestId}.")]
        public static partial void Failed(ILogger logger, Exception exception, string requestId);
    }
}

internal static class ServerTokenRoute
{
    public static void MapServerTokens(this IEndpointRouteBuilder routes, ServerTokenEndpoint endpoint) =>
        routes.Map(ServerTokenEndpoint.Path, RequestTraces.Around(endpoint.HandleAsync, ServerTokenEndpoint.Path));
}
