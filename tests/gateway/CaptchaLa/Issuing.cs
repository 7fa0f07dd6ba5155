using System.Text;

namespace CaptchaCluster.Tests.Gateway.CaptchaLa;

/// <summary>The issuing call as a site's server makes it.</summary>
internal static class Issuing
{
    public const string Path = "/v1/server/challenge/issue";

    public static Task<Reply> IssueAsync(TestGateway gateway, TestSite site, string json) => IssueAsync(gateway, site.Key, site.Secret, Json(json));

    public static async Task<Reply> IssueAsync(TestGateway gateway, string? appKey, string? appSecret, HttpContent? body)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, Path) { Content = body };
        if (appKey is not null) request.Headers.TryAddWithoutValidation("X-App-Key", appKey);
        if (appSecret is not null) request.Headers.TryAddWithoutValidation("X-App-Secret", appSecret);
        return await Reply.ReadAsync(await gateway.Public.SendAsync(request));
    }

    public static async Task<string> OfAsync(TestGateway gateway, TestSite site, string json)
    {
        Reply reply = await IssueAsync(gateway, site, json);
        Assert.True(reply.Status == 200, reply.Text);
        return reply.Json.GetProperty("data").GetProperty("server_token").GetString()!;
    }

    public static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");
}
