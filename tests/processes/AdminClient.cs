using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace CaptchaCluster.Tests.Processes;

/// <summary>A refusal, or no answer at all (status 0).</summary>
internal sealed class AdminException(HttpStatusCode status, string message, Exception? inner = null) : Exception(message, inner)
{
    public HttpStatusCode Status => status;

    /// <summary>Whether the change may have been made all the same.</summary>
    public bool IsUnknown => status is 0 or HttpStatusCode.ServiceUnavailable;
}

/// <summary>Calls of the admin API. Each throws <see cref="AdminException"/> where it was not done, or not known to be.</summary>
internal sealed class AdminClient(HttpClient http)
{
    public HttpClient Http => http;

    public Task<JsonElement> CreateSiteAsync(string name) =>
        SendAsync(HttpMethod.Post, "", new { name, hostnames = new[] { "example.com" } });

    public Task<JsonElement> RotateAsync(string sitekey, bool immediately, string rotationId) =>
        SendAsync(HttpMethod.Post, $"/{sitekey}/rotate-secret", new { invalidate_immediately = immediately, rotation_id = rotationId });

    public Task<JsonElement> SetDisabledAsync(string sitekey, bool disabled) =>
        SendAsync(HttpMethod.Patch, $"/{sitekey}", new { disabled });

    public Task<JsonElement> DeleteAsync(string sitekey) => SendAsync(HttpMethod.Delete, $"/{sitekey}", body: null);

    public async Task<string[]> MintAsync(string sitekey, int count, int ttlSeconds)
    {
        JsonElement minted = await SendAsync(HttpMethod.Post, $"/{sitekey}/tokens", new { count, ttl_seconds = ttlSeconds });
        return minted.TryGetProperty("token", out JsonElement only)
            ? [only.GetString()!]
            : [.. minted.GetProperty("tokens").EnumerateArray().Select(token => token.GetString()!)];
    }

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body)
    {
        using HttpRequestMessage request = new(method, "/admin/v1/sites" + path);
        if (body is not null) request.Content = JsonContent.Create(body);
        try
        {
            using HttpResponseMessage response = await http.SendAsync(request);
            string text = await response.Content.ReadAsStringAsync();
            if (!response.IsSuccessStatusCode)
                throw new AdminException(response.StatusCode, $"{method} {path}: {(int)response.StatusCode} {text}");
            return text.Length == 0 ? default : JsonElement.Parse(text);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            throw new AdminException(0, $"{method} {path}: {exception.Message}", exception);
        }
    }
}
