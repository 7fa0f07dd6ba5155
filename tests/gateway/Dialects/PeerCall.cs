using System.Text;
using System.Text.Json;
using CaptchaCluster.Gateway.Dialects;

namespace CaptchaCluster.Tests.Gateway.Dialects;

/// <summary>How a client of one dialect asks.</summary>
/// <param name="Dialect">As it is served.</param>
/// <param name="Request">By a caller's credentials for a token; an empty secret or token is one that was not set.</param>
internal sealed record PeerCall(IDialect Dialect, Func<TestSite, string, HttpRequestMessage> Request)
{
    /// <summary>Those with credentials or bodies of their own.</summary>
    public static IReadOnlyList<PeerCall> All { get; } =
    [
        Of("friendly", (caller, token) => Post(
            "/api/v2/captcha/siteverify", new { response = token }, ("X-API-Key", caller.Secret))),
        Of("cap", (caller, token) => Post(
            $"/{caller.Key}/siteverify", new { secret = caller.Secret, response = token })),
        Of("captchala", (caller, token) => Post(
            "/v1/validate", new { pass_token = token, keep_token = false }, ("X-App-Key", caller.Key), ("X-App-Secret", caller.Secret))),
        Of("recaptcha-enterprise", (caller, token) => Post(
            "/v1/projects/p/assessments", new { @event = new { token } }, ("X-Goog-Api-Key", caller.Secret))),
    ];

    public static PeerCall Named(string name) => All.Single(peer => peer.Dialect.Name == name);

    public static HttpRequestMessage Post(string path, object body, params (string Name, string Value)[] headers)
    {
        HttpRequestMessage request = new(HttpMethod.Post, path)
        {
            Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"),
        };
        foreach ((string name, string value) in headers) request.Headers.Add(name, value);
        return request;
    }

    private static PeerCall Of(string name, Func<TestSite, string, HttpRequestMessage> request) =>
        new(KnownDialects.All.Single(dialect => dialect.Name == name), request);
}
