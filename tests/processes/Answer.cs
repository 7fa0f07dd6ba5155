using System.Net;
using System.Text.Json;
using CaptchaCluster.Tests.History;

namespace CaptchaCluster.Tests.Processes;

/// <summary>What a verification was told.</summary>
/// <param name="Verdict">Unknown for a 503, and where no answer came.</param>
/// <param name="Failure">Why no answer came; null where one did.</param>
internal sealed record Answer(Verdict Verdict, Exception? Failure = null)
{
    private const string InternalError = """{"success":false,"error-codes":["internal-error"]}""";

    public bool HasCome => Failure is null;

    /// <summary>It had been sent, or part of it.</summary>
    public bool WasCutOff => Failure is not (null or HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError });

    /// <summary>An honest 503: undecided.</summary>
    public bool IsUndecided => HasCome && Verdict == Verdict.Unknown;

    /// <summary>Throws <see cref="InvalidDataException"/> for what the API never answers.</summary>
    public static async Task<Answer> OfAsync(HttpClient http, HttpContent fields)
    {
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Post, "/siteverify") { Content = fields };
            request.Headers.ExpectContinue = fields is GatedContent;
            using HttpResponseMessage response = await http.SendAsync(request);
            string text = await response.Content.ReadAsStringAsync();
            return new Answer(VerdictOf(response, text));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            return new Answer(Verdict.Unknown, exception);
        }
    }

    private static Verdict VerdictOf(HttpResponseMessage response, string text)
    {
        bool isUndecided = response.StatusCode == HttpStatusCode.ServiceUnavailable && text == InternalError;
        if (isUndecided && response.Headers.RetryAfter?.Delta > TimeSpan.Zero)
            return Verdict.Unknown;
        if (response.StatusCode != HttpStatusCode.OK)
            throw new InvalidDataException($"A verification was answered {(int)response.StatusCode}: {text}");
        JsonElement verdict = JsonElement.Parse(text);
        if (verdict.GetProperty("success").GetBoolean()) return Verdict.Success;
        return verdict.GetProperty("error-codes")[0].GetString() switch
        {
            "invalid-input-secret" => Verdict.InvalidSecret,
            "invalid-input-response" => Verdict.Refused,
            "timeout-or-duplicate" when verdict.GetProperty("reason").GetString() == "duplicate" => Verdict.Duplicate,
            "timeout-or-duplicate" when verdict.GetProperty("reason").GetString() == "expired" => Verdict.Expired,
            _ => throw new InvalidDataException($"No verification here can be answered {text}"),
        };
    }
}
