using CaptchaCluster.Gateway.Dialects.Requests;

namespace CaptchaCluster.Gateway.Dialects;

/// <summary>An answer by HTTP status that is no verdict: the call itself is wrong. Every dialect words it as a failure.</summary>
/// <param name="Status">The usual one; an unreadable body may have another.</param>
/// <param name="Message">ASCII that needs no escapes in JSON.</param>
internal sealed record Refusal(int Status, string Message)
{
    public static readonly Refusal GetNotAllowed = new(
        StatusCodes.Status405MethodNotAllowed, "GET is accepted only where the setting Gateway:AllowGetVerification is true; send a POST.");

    public static readonly Refusal NotPost = new(StatusCodes.Status405MethodNotAllowed, "Send a POST.");

    public static readonly Refusal BodyTooLarge = new(
        StatusCodes.Status413PayloadTooLarge, $"The body is longer than {RequestFields.MaxBodyLength} bytes.");

    public static readonly Refusal NotOurMediaType = new(
        StatusCodes.Status415UnsupportedMediaType,
        "The Content-Type must be application/x-www-form-urlencoded, application/json or multipart/form-data.");

    /// <summary>It broke off, came too slowly or is no HTTP.</summary>
    public static readonly Refusal Unreadable = new(StatusCodes.Status400BadRequest, "The body could not be read.");

    public static readonly Refusal[] All = [GetNotAllowed, NotPost, BodyTooLarge, NotOurMediaType, Unreadable];
}
