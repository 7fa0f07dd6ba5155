using System.Text.Json;
using CaptchaCluster.Gateway.Admin.Audit;
using CaptchaCluster.Gateway.Dialects.Requests;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Gateway.Admin;

/// <summary>One path of the admin API: who may, by which method, with what body; then the call, then its reply.</summary>
internal sealed partial class AdminRoute(IAdminGuard guard, AdminAudit audit, ILogger<AdminRoute> logger, params AdminMethod[] methods)
{
    /// <summary>Name of the route value.</summary>
    public const string NameValue = "name";

    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            await AdminReplyWriter.WriteAsync(context.Response, await AnswerAsync(context));
        }
        catch (BadHttpRequestException exception)
        {
            await AdminReplyWriter.WriteAsync(context.Response, ReplyTo(exception));
            await context.Response.CompleteAsync();
            throw;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The client went away.
            context.Abort();
            throw;
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            await AdminReplyWriter.WriteAsync(context.Response, ReplyTo(exception, context));
        }
    }

    private async ValueTask<AdminReply> AnswerAsync(HttpContext context)
    {
        bool isAdmitted;
        try
        {
            isAdmitted = await guard.AdmitsAsync(context.Request);
        }
        catch (UnknownOutcomeException exception)
        {
            return Unread(exception, context);
        }

        if (!isAdmitted)
        {
            await audit.TellRefusalAsync(context);
            return await guard.RefuseAsync(context);
        }

        AdminMethod? method = methods.FirstOrDefault(candidate => HttpMethods.Equals(candidate.Name, context.Request.Method));
        if (method is null)
        {
            if (methods.Length == 0) return AdminError.NotFound;
            string allowed = string.Join(", ", methods.Select(candidate => candidate.Name));
            context.Response.Headers.Allow = allowed;
            return AdminError.MethodNotAllowed(allowed);
        }

        string name = context.Request.RouteValues[NameValue] as string ?? "";
        if (method.Action is { } action) return await DoAsync(context, method, name, audit.Begin(context, action, TargetOf(name)));
        (JsonDocument? json, AdminError? refusal) = await ReadAsync(context.Request);
        using (json) return refusal ?? await CallAsync(context, method, name, new JsonMembers(json!.RootElement));
    }

    private async ValueTask<AdminReply> DoAsync(HttpContext context, AdminMethod method, string name, AuditedCall audited)
    {
        JsonDocument? json;
        AdminError? refusal;
        try
        {
            (json, refusal) = await ReadAsync(context.Request);
        }
        catch (BadHttpRequestException exception)
        {
            await audited.EndAsync(ReplyTo(exception), []);
            throw;
        }

        using (json)
        {
            if (refusal is not null) return await audited.EndAsync(refusal, []);
            if (await audited.StartAsync() is { } unaudited) return unaudited;
            JsonMembers body = new(json!.RootElement);
            AdminReply reply = await CallAsync(context, method, name, body);
            return await audited.EndAsync(reply, body.Told());
        }
    }

    private async ValueTask<AdminReply> CallAsync(HttpContext context, AdminMethod method, string name, JsonMembers body)
    {
        try
        {
            return await method.Call(name, body);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or UnknownOutcomeException)
        {
            if (method.Action is null) return Unread(exception, context);
            Log.OutcomeUnknown(logger, exception, RequestId.Tell(context));
            return AdminError.OutcomeUnknown;
        }
        catch (Exception exception)
        {
            return ReplyTo(exception, context);
        }
    }

    private static async ValueTask<(JsonDocument? Body, AdminError? Refusal)> ReadAsync(HttpRequest request)
    {
        byte[] body = await JsonBody.ReadAsync(request.BodyReader);
        if (HttpMethods.IsGet(request.Method)) return OneObject(JsonBody.OfQuery(request.Query));
        if (body.Length == 0) return OneObject(JsonBody.Parse("{}"u8.ToArray()));
        return ContentType.Of(request.ContentType).Kind is MediaKind.Json or MediaKind.None
            ? OneObject(JsonBody.Parse(body))
            : (null, AdminError.NotJson);
    }

    private static (JsonDocument? Body, AdminError? Refusal) OneObject(JsonDocument? json) => (json, json is null ? AdminError.NotAnObject : null);

    // A path is whatever its sender wrote, and may hold a secret where a name belongs (I11).
    private static string? TargetOf(string name) => SiteKey.TryParse(name, out _) || SigningKey.IsId(name) ? name : null;

    private static AdminError ReplyTo(BadHttpRequestException exception) =>
        exception.StatusCode == StatusCodes.Status413PayloadTooLarge ? AdminError.BodyTooLarge : AdminError.Unreadable;

    private AdminError Unread(Exception exception, HttpContext context)
    {
        Log.Unread(logger, exception, RequestId.Tell(context));
        return AdminError.StoreUnavailable;
    }

    private AdminError ReplyTo(Exception exception, HttpContext context)
    {
        Log.Failed(logger, exception, RequestId.Tell(context));
        return AdminError.Failed;
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error, "A change could not be saved; whether it was made is unknown until the next start. Request {RequestId}.")]
        public static partial void OutcomeUnknown(ILogger logger, Exception exception, string requestId);

        [LoggerMessage(LogLevel.Error, "The store could not be read for a call of the admin API. Request {RequestId}.")]
        public static partial void Unread(ILogger logger, Exception exception, string requestId);

        [LoggerMessage(LogLevel.Error, "A call of the admin API failed by an error of the program. Request {RequestId}.")]
        public static partial void Failed(ILogger logger, Exception exception, string requestId);
    }
}
