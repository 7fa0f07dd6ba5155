using System.Net.Http.Headers;
using System.Text.Json;

namespace CaptchaCluster.Tests.Gateway.Processes;

/// <summary>What the program writes of all that can be sent to it, with everything logged that there is to log.</summary>
[Collection(ProcessCollection.Name)]
public sealed class LogTests
{
    private const string Marker = "in-the-query";
    private const string Form = "application/x-www-form-urlencoded";

    private static readonly string[] Everything =
    [
        "--Logging:LogLevel:Default=Trace",
        "--Logging:LogLevel:Microsoft=Trace",
        "--Logging:LogLevel:Microsoft.AspNetCore=Trace",
        "--Logging:LogLevel:Microsoft.AspNetCore.Server.Kestrel=Trace",
        "--Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics=Trace",
    ];

    [Theory]
    [Trait("Invariant", "I11")]
    [InlineData("logfmt")]
    [InlineData("json")]
    public async Task Every_event_is_one_line_and_none_holds_a_secret_a_token_or_a_query_string(string formatter)
    {
        using TestDirectory directory = new();
        await using GatewayProcess gateway =
            await GatewayProcess.StartAsync(directory.Path, [.. Everything, $"--Logging:Console:FormatterName={formatter}"]);
        JsonElement site = await gateway.Admin.CreateSiteAsync("shop");
        string sitekey = site.GetProperty("sitekey").GetString()!;
        string secret = site.GetProperty("secret").GetString()!;
        string[] tokens = await gateway.Admin.MintAsync(sitekey, 3, 600);
        JsonElement rotated = await gateway.Admin.RotateAsync(sitekey, immediately: true, "a-rotation-id-of-22-characters");
        string rotatedSecret = rotated.GetProperty("secret").GetString()!;
        await SendEverythingAsync(gateway, secret, rotatedSecret, tokens, sitekey);

        // A directory that is gone is a disk that fails: the events with exceptions.
        Directory.Delete(Path.Combine(directory.Path, "sites"), recursive: true);
        AdminException failure = await Assert.ThrowsAsync<AdminException>(() => gateway.Admin.RotateAsync(sitekey, immediately: true, "another-rotation-id-of-22-characters"));
        Assert.True(failure.IsUnknown, failure.Message);
        Assert.Equal(new GatewayExit(0, ""), await gateway.TerminateAsync());

        string[] events = [.. gateway.Output.ToString().Split('\n').SkipWhile(line => !IsEvent(line, formatter)).Where(line => !IsDemonstration(line))];
        Assert.All(events, line => Assert.True(IsEvent(line, formatter), $"Not an event of one line: {line}"));
        Assert.Contains(events, line => line.Contains("OutcomeUnknown") && line.Contains("Exception") && line.Contains("RequestId"));
        Assert.Contains(events, line => line.Contains("Kestrel") && line.Contains("/siteverify?[omitted]"));
        string log = string.Join('\n', events);
        foreach (string hidden in new[] { secret, rotatedSecret, tokens[0], tokens[1], tokens[2], GatewayProcess.AdminKey, Marker, "a-rotation-id", "another-rotation-id" })
            Assert.DoesNotContain(hidden, log);
    }

    private static async Task SendEverythingAsync(GatewayProcess gateway, string secret, string rotatedSecret, string[] tokens, string sitekey)
    {
        HttpClient http = gateway.Public;
        HttpClient admin = gateway.Admin.Http;
        string[] forms =
        [
            $"secret={rotatedSecret}&response={tokens[0]}",
            $"secret={rotatedSecret}&response={tokens[0]}",
            $"secret={secret}&response={tokens[1]}",
            $"secret={tokens[1]}&response={secret}",
            $"secret={rotatedSecret}&response={tokens[1][..^4]}AAAA",
            $"secret={rotatedSecret}&response={tokens[1]}%0d%0atime=forged+level=critical",
            $"secret={GatewayProcess.AdminKey}&response={tokens[1]}",
            $"secret={rotatedSecret}&secret={rotatedSecret}",
            $"{rotatedSecret}%0a={tokens[2]}",
            "",
        ];
        foreach (string form in forms) await PostAsync(http, "/siteverify", form, Form);
        await PostAsync(http, "/siteverify", $$"""{"secret":"{{rotatedSecret}}","response":["{{tokens[2]}}"]""", "application/json");
        await PostAsync(http, "/siteverify", rotatedSecret, "text/plain");
        await PostAsync(http, "/siteverify", $"secret={rotatedSecret}&response={new string('x', 20_000)}", Form);
        foreach (string path in new[] { "/siteverify", $"/{rotatedSecret}/siteverify", "/healthz/ready", "/elsewhere" })
        {
            await http.GetAsync($"{path}?secret={rotatedSecret}&response={tokens[2]}&{Marker}");
            await PostAsync(http, $"{path}?{Marker}&secret={rotatedSecret}", $"response={tokens[2]}x", Form);
        }

        foreach (Uri address in new[] { http.BaseAddress!, admin.BaseAddress! })
        {
            await RawHttp.SendAsync(address, $"POST /siteverify?secret={rotatedSecret}&{Marker} HTTP/9.9\r\nHost: h\r\n\r\n");
            await RawHttp.SendAsync(address, $"POST /siteverify?{Marker}={GatewayProcess.AdminKey} is a bad line\r\n\r\n");
            await RawHttp.SendAsync(address, $"GET / HTTP/1.1\r\nHost: h\r\nsecret {rotatedSecret}\r\n\r\n");
            await RawHttp.SendAsync(address, $"GET / HTTP/1.1\r\nHost: {rotatedSecret}?{Marker}\r\nContent-Length: {tokens[2]}\r\n\r\n");
        }

        // The key, the secret and a token where they do not belong.
        foreach (string mistaken in new[] { GatewayProcess.AdminKey, rotatedSecret, tokens[2] })
        {
            await admin.GetAsync($"/admin/v1/sites/{mistaken}?key={mistaken}&{Marker}");
            await admin.GetAsync($"/admin/v1/{mistaken}");
            await PostAsync(admin, "/admin/v1/sites", $$"""{"name":"x","{{mistaken}}":"{{mistaken}}"}""", "application/json");
            await PostAsync(admin, $"/admin/v1/sites/{sitekey}/tokens", $$"""{"hostname":"{{mistaken}}","count":0}""", "application/json");
            using HttpRequestMessage request = new(HttpMethod.Get, $"/admin/v1/sites?{Marker}={mistaken}");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", mistaken + "x");
            request.Headers.Add("X-Request-Id", mistaken);
            request.Headers.TryAddWithoutValidation("traceparent", mistaken);
            await http.SendAsync(request);
        }
    }

    private static async Task PostAsync(HttpClient http, string path, string body, string mediaType) =>
        (await http.PostAsync(path, new StringContent(body, new MediaTypeHeaderValue(mediaType)))).Dispose();

    private static bool IsEvent(string line, string formatter)
    {
        const string time = "2026-01-01T00:00:00.000Z";
        string prefix = formatter == "json" ? "{\"time\":\"" : "time=";
        if (!line.StartsWith(prefix, StringComparison.Ordinal) || !DateTimeOffset.TryParse(line.AsSpan(prefix.Length, time.Length), out _)) return false;
        return formatter == "json" ? JsonElement.Parse(line).ValueKind == JsonValueKind.Object : line.Contains(" level=") && line.Contains(" message=");
    }

    /// <summary>What a first start prints beside the log: it comes with its secret, never through the logger.</summary>
    private static bool IsDemonstration(string line) =>
        line.Length == 0 || line.StartsWith("  ", StringComparison.Ordinal) || line.StartsWith("CaptchaCluster is running", StringComparison.Ordinal)
        || line.StartsWith("A site to try", StringComparison.Ordinal) || line.StartsWith("Verify the token", StringComparison.Ordinal) || line.StartsWith("curl ", StringComparison.Ordinal);
}
