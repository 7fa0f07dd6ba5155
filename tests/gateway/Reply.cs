using System.Net.Http.Headers;
using System.Text.Json;

namespace CaptchaCluster.Tests.Gateway;

/// <summary>What came back over HTTP, read to its end.</summary>
internal sealed record Reply(int Status, string Text, string? MediaType, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders)
{
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public bool Success => Json.GetProperty("success").GetBoolean();

    /// <summary>The error codes of a verdict, in order, joined by commas.</summary>
    public string Codes => string.Join(",", Json.GetProperty("error-codes").EnumerateArray().Select(code => code.GetString()));

    /// <summary>The code of an admin error.</summary>
    public string Error => Json.GetProperty("error").GetString()!;

    public string Message => Json.GetProperty("message").GetString()!;

    public static async Task<Reply> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            string text = await response.Content.ReadAsStringAsync();
            return new Reply((int)response.StatusCode, text, response.Content.Headers.ContentType?.ToString(), response.Headers, response.Content.Headers);
        }
    }

    public string String(string member) => Json.GetProperty(member).GetString()!;
}
