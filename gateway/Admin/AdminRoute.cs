using System.Text.Json;
using CaptchaCluster.Gateway.Dialects.Siteverify.Requests;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Redemption;

namespace CaptchaCluster.Gateway.Admin;

/// <param name="name">Of the site or the key that the path names; empty where it names none.</param>
/// <param name="body">Without members where there was none.</param>
internal delegate ValueTask<AdminReply> AdminCall(string name, JsonMembers body);

/// <summary>One path of the admin API: who may, by which method, with what body; then the call, then its reply.</summary>
internal sealed partial class AdminRoute(AdminKeyGuard guard, ILogger<AdminRoute> logger, params (string Method, AdminCall Call)[] calls)
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
            bool isTooLarge = exception.StatusCode == StatusCodes.Status413PayloadTooLarge;
            await AdminReplyWriter.WriteAsync(context.Response, isTooLarge ? AdminError.BodyTooLarge : AdminError.Unreadable);
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
            Log.Failed(logger, exception, RequestId.Tell(context));
            await AdminReplyWriter.WriteAsync(context.Response, AdminError.Failed);
        }
    }

    private async ValueTask<AdminReply> AnswerAsync(HttpContext context)
    {
        if (!guard.Admits(context.Request)) return await guard.RefuseAsync(context);

        AdminCall? call = calls.FirstOrDefault(candidate => HttpMethods.Equals(candidate.Method, context.Request.Method)).Call;
        if (call is null)
        {
            if (calls.Length == 0) return AdminError.NotFound;
            string allowed = string.Join(", ", calls.Select(candidate => candidate.Method));
            context.Response.Headers.Allow = allowed;
            return AdminError.MethodNotAllowed(allowed);
        }

        byte[] body = await JsonBody.ReadAsync(context.Request.BodyReader);
        if (body.Length == 0) body = "{}"u8.ToArray();
        else if (ContentType.Of(context.Request.ContentType).Kind is not (MediaKind.Json or MediaKind.None)) return AdminError.NotJson;
        using JsonDocument? json = JsonBody.Parse(body);
        if (json is null) return AdminError.NotAnObject;
        try
        {
            string name = context.Request.RouteValues[NameValue] as string ?? "";
            return await call(name, new JsonMembers(json.RootElement));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or UnknownOutcomeException)
        {
            Log.OutcomeUnknown(logger, exception, RequestId.Tell(context));
            return AdminError.OutcomeUnknown;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error, "A change could not be saved; whether it was made is unknown until the next start. Request {RequestId}.")]
        public static partial void OutcomeUnknown(ILogger logger, Exception exception, string requestId);

        [LoggerMessage(LogLevel.Error, "A call of the admin API failed by an error of the program. Request {RequestId}.")]
        public static partial void Failed(ILogger logger, Exception exception, string requestId);
    }
}
