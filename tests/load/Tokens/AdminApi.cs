using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace CaptchaCluster.Tests.Load.Tokens;

/// <summary>A site made for one test, with the secret that was valid and one that is no longer.</summary>
internal sealed record LoadSite(string Key, string Secret, string RetiredSecret);

/// <summary>The calls of the admin API that a test needs. Each throws <see cref="SetupException"/> where it was not done.</summary>
internal sealed class AdminApi : IDisposable
{
    /// <summary>Tokens that one call may mint.</summary>
    public const int MaxTokensPerCall = 10_000;

    private const string Sites = "/admin/v1/sites";

    private readonly HttpClient http;
    private readonly TestClock clock;

    public AdminApi(Uri address, string key, TestClock clock)
    {
        this.clock = clock;
        http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(1) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>Makes a site and rotates its secret at once, so that there is one that was its own and must be refused (I8).</summary>
    public async Task<LoadSite> CreateSiteAsync(string name)
    {
        using JsonDocument site = await SendAsync(HttpMethod.Post, Sites, new { name });
        string key = site.RootElement.GetProperty("sitekey").GetString()!;
        using JsonDocument rotated = await SendAsync(HttpMethod.Post, $"{Sites}/{key}/rotate-secret", new { invalidate_immediately = true });
        return new LoadSite(key, rotated.RootElement.GetProperty("secret").GetString()!, site.RootElement.GetProperty("secret").GetString()!);
    }

    public async Task DeleteSiteAsync(LoadSite site) => (await SendAsync(HttpMethod.Delete, $"{Sites}/{site.Key}", body: null)).Dispose();

    /// <param name="site">Whose.</param>
    /// <param name="count">At most <see cref="MaxTokensPerCall"/>.</param>
    /// <param name="ttl">Whole seconds.</param>
    /// <param name="margin">How long before their expiry they are not used any more.</param>
    public async Task<TokenBatch> MintAsync(LoadSite site, int count, TimeSpan ttl, TimeSpan margin)
    {
        // They live from some moment after this one.
        TimeSpan asked = clock.Now;
        using JsonDocument minted = await SendAsync(
            HttpMethod.Post, $"{Sites}/{site.Key}/tokens", new { count, ttl_seconds = (int)ttl.TotalSeconds, hostname = "localhost" });
        byte[][] tokens = minted.RootElement.TryGetProperty("tokens", out JsonElement several)
            ? [.. several.EnumerateArray().Select(TextOf)]
            : [TextOf(minted.RootElement.GetProperty("token"))];
        return TokenBatch.Of(tokens, asked + ttl - margin);
    }

    public void Dispose() => http.Dispose();

    private static byte[] TextOf(JsonElement token) => Encoding.ASCII.GetBytes(token.GetString()!);

    private async Task<JsonDocument> SendAsync(HttpMethod method, string path, object? body)
    {
        try
        {
            using HttpRequestMessage request = new(method, path);
            if (body is not null) request.Content = JsonContent.Create(body);
            using HttpResponseMessage response = await http.SendAsync(request);
            string text = await response.Content.ReadAsStringAsync();
            if (!response.IsSuccessStatusCode)
                throw new SetupException($"--admin {http.BaseAddress}: {method} {path} was answered {(int)response.StatusCode} {text.Trim()}");
            return JsonDocument.Parse(text.Length == 0 ? "{}" : text);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException or IOException or JsonException)
        {
            throw new SetupException($"--admin {http.BaseAddress}: {method} {path} failed: {exception.Message}");
        }
    }
}
