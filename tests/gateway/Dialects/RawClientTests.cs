using System.Text.Json;
using System.Text.Json.Serialization;

namespace CaptchaCluster.Tests.Gateway.Dialects;

/// <summary>
/// Requests as clients send them that cannot be installed here, to the byte where that matters, and answers read as strictly
/// as theirs read them.
/// </summary>
public sealed class RawClientTests : IAsyncLifetime
{
    private const string Head = "HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";

    private readonly TestDirectory directory = new();
    private TestGateway gateway = null!;

    public async Task InitializeAsync() => gateway = await TestGateway.StartAsync(directory, null, "--Gateway:AllowGetVerification=true");

    public async Task DisposeAsync()
    {
        await gateway.DisposeAsync();
        directory.Dispose();
    }

    /// <summary>NuGet HCaptcha (Refit): POST with everything in the query, in camel case, and a body of length zero.</summary>
    [Fact]
    public async Task A_post_that_is_all_query_verifies_and_its_strict_reader_survives()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        string request = $"POST /hcaptcha/siteverify?secret={site.Secret}&response={token}&remoteIp=203.0.113.7 {Head}Content-Length: 0\r\n\r\n";
        foreach (string expected in new[] { "", "already-seen-response" })
        {
            string reply = await RawHttp.SendAsync(gateway.PublicAddress, request);
            Assert.Equal(200, RawHttp.StatusOf(reply));
            StrictVerdict verdict = StrictVerdict.Read(RawHttp.BodyOf(reply));
            Assert.Equal((expected.Length == 0, expected), (verdict.Success, string.Join(',', verdict.ErrorCodes ?? [])));
        }
    }

    /// <summary>npm express-recaptcha: a form put together without escaping, no Content-Type beyond the form's.</summary>
    [Fact]
    public async Task A_form_that_was_not_escaped_verifies()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string body = $"secret={site.Secret}&response={await gateway.MintAsync(site)}&remoteip=::ffff:203.0.113.7";
        string reply = await RawHttp.SendAsync(
            gateway.PublicAddress,
            $"POST /recaptcha/api/siteverify {Head}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        Assert.True(StrictVerdict.Read(RawHttp.BodyOf(reply)).Success, reply);
    }

    /// <summary>NuGet reCAPTCHA.AspNetCore, Debian's ruby-recaptcha: GET, the values put into the address as they are.</summary>
    [Theory]
    [InlineData("/recaptcha/api/siteverify")]
    [InlineData("/hcaptcha/siteverify")]
    public async Task A_get_verifies_and_no_cache_keeps_it(string path)
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site, """{"score":0.5}""");
        string reply = await RawHttp.SendAsync(gateway.PublicAddress, $"GET {path}?secret={site.Secret}&response={token} {Head}\r\n");
        Assert.True(StrictVerdict.Read(RawHttp.BodyOf(reply)).Success, reply);
        Assert.Contains("Cache-Control: no-store\r\n", reply);
    }

    /// <summary>php-google-recaptcha always sends a version; others send more still.</summary>
    [Fact]
    public async Task Fields_of_the_clients_own_are_ignored()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string body = $"secret={site.Secret}&response={await gateway.MintAsync(site)}&version=php_1.2.4&host=a%00b&x[]=1&x[]=2&=&";
        string reply = await RawHttp.SendAsync(
            gateway.PublicAddress,
            $"POST /siteverify {Head}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        Assert.True(StrictVerdict.Read(RawHttp.BodyOf(reply)).Success, reply);
    }

    /// <summary>Old proxies, and PHP's stream wrapper: HTTP/1.0 without Host, answered and closed without chunks.</summary>
    [Fact]
    public async Task Http_1_0_is_answered_by_length_in_every_dialect()
    {
        TestSite site = await gateway.CreateSiteAsync();
        foreach (PeerCall peer in PeerCall.All)
        {
            using HttpRequestMessage request = peer.Request(site, await gateway.MintAsync(site));
            string body = await request.Content!.ReadAsStringAsync();
            string headers = string.Concat(request.Headers.Select(header => $"{header.Key}: {header.Value.Single()}\r\n"));
            string reply = await RawHttp.SendAsync(
                gateway.PublicAddress,
                $"POST {request.RequestUri} HTTP/1.0\r\n{headers}Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
            Assert.Equal(200, RawHttp.StatusOf(reply));
            Assert.Contains($"Content-Length: {RawHttp.BodyOf(reply).Length}\r\n", reply);
        }
    }

    /// <summary>Node and Go stream bodies of unknown length.</summary>
    [Fact]
    public async Task A_chunked_body_is_read_in_every_dialect()
    {
        TestSite site = await gateway.CreateSiteAsync();
        foreach (PeerCall peer in PeerCall.All)
        {
            using HttpRequestMessage request = peer.Request(site, await gateway.MintAsync(site));
            string body = await request.Content!.ReadAsStringAsync();
            string headers = string.Concat(request.Headers.Select(header => $"{header.Key}: {header.Value.Single()}\r\n"));
            string[] chunks = [.. body.Chunk(50).Select(chunk => $"{chunk.Length:x}\r\n{new string(chunk)}\r\n"), "0\r\n\r\n"];
            string reply = await RawHttp.SendAsync(
                gateway.PublicAddress,
                [$"POST {request.RequestUri} {Head}{headers}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", .. chunks]);
            Assert.Equal(200, RawHttp.StatusOf(reply));
        }
    }

    /// <summary>caputchin's Python sample raises for a status other than 200 before it looks at the verdict.</summary>
    [Theory]
    [InlineData("/siteverify")]
    [InlineData("/v1/siteverify")]
    [InlineData("/api/v1/siteverify")]
    [InlineData("/hcaptcha/siteverify")]
    public async Task Whatever_is_wrong_with_a_verification_it_is_200_and_can_be_read_strictly(string path)
    {
        TestSite site = await gateway.CreateSiteAsync(), other = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site), foreign = await gateway.MintAsync(other), expired = await gateway.MintAsync(site, """{"ttl_seconds":1}""");
        gateway.Clock.Advance(1);
        await gateway.VerifyAsync(site.Secret, token);
        foreach ((string secret, string response) in new[]
        {
            (site.Secret, token), (site.Secret, foreign), (site.Secret, expired), (site.Secret, "x"), (site.Secret, ""), ("x", token), ("", token), ("", ""),
        })
        {
            Reply reply = await gateway.PostJsonAsync(path, new { secret, response });
            Assert.Equal(200, reply.Status);
            Assert.False(StrictVerdict.Read(reply.Text).Success);
            Assert.DoesNotContain("null", reply.Text);
        }
    }

    /// <summary>As the .NET clients declare it: a null where a value type is declared throws.</summary>
    private sealed record StrictVerdict
    {
        [JsonPropertyName("success")]
        public required bool Success { get; init; }

        [JsonPropertyName("challenge_ts")]
        public DateTimeOffset ChallengeTimestamp { get; init; }

        [JsonPropertyName("hostname")]
        public string? Hostname { get; init; }

        [JsonPropertyName("credit")]
        public bool Credit { get; init; }

        [JsonPropertyName("score")]
        public double Score { get; init; }

        [JsonPropertyName("action")]
        public string? Action { get; init; }

        [JsonPropertyName("error-codes")]
        public string[]? ErrorCodes { get; init; }

        public static StrictVerdict Read(string json) => JsonSerializer.Deserialize<StrictVerdict>(json)!;
    }
}
