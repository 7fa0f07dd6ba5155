using System.Text;

namespace CaptchaCluster.Tests.Gateway.Siteverify;

/// <summary>Methods, limits, and HTTP as odd clients speak it.</summary>
public sealed class HttpTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    private const string FormType = "Content-Type: application/x-www-form-urlencoded\r\n";

    private readonly TestGateway gateway = shared.Gateway;

    [Fact]
    public async Task Get_is_405_and_names_the_setting()
    {
        Reply reply = await Reply.ReadAsync(await gateway.Public.GetAsync("/siteverify?secret=x&response=y"));
        Assert.Equal(405, reply.Status);
        Assert.Equal("POST", string.Join(", ", reply.ContentHeaders.Allow));
        Assert.False(reply.Success);
        Assert.Contains("Gateway:AllowGetVerification", reply.Message);
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("PATCH")]
    public async Task Other_methods_are_405(string method)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), "/v1/siteverify");
        Reply reply = await Reply.ReadAsync(await gateway.Public.SendAsync(request));
        Assert.Equal(405, reply.Status);
        Assert.Equal("POST", string.Join(", ", reply.ContentHeaders.Allow));
        Assert.Equal("bad-request", reply.Codes);
    }

    [Fact]
    public async Task Get_verifies_where_it_is_allowed()
    {
        using TestDirectory directory = new();
        await using TestGateway permissive = await TestGateway.StartAsync(directory, null, "--Gateway:AllowGetVerification=true");
        TestSite site = await permissive.CreateSiteAsync();
        string token = await permissive.MintAsync(site);
        Reply reply = await Reply.ReadAsync(await permissive.Public.GetAsync($"/siteverify?secret={site.Secret}&response={token}"));
        Assert.True(reply.Success, reply.Text);
        Assert.True(reply.Headers.CacheControl!.NoStore);

        using HttpRequestMessage put = new(HttpMethod.Put, "/siteverify");
        reply = await Reply.ReadAsync(await permissive.Public.SendAsync(put));
        Assert.Equal("GET, POST", string.Join(", ", reply.ContentHeaders.Allow));
    }

    [Fact]
    [Trait("Invariant", "I10")]
    public async Task A_body_of_16_KiB_is_read_and_one_byte_more_is_413()
    {
        Assert.Equal("missing-input-secret,missing-input-response", (await gateway.PostAsync("/siteverify", Padding(16_384))).Codes);
        Reply reply = await gateway.PostAsync("/siteverify", Padding(16_385));
        Assert.Equal(413, reply.Status);
        Assert.Equal("bad-request", reply.Codes);
        Assert.Equal("application/json", reply.MediaType);
    }

    [Theory]
    [Trait("Invariant", "I10")]
    [InlineData(16_384, 200)]
    [InlineData(16_385, 413)]
    [InlineData(1_000_000, 413)]
    public async Task A_chunked_body_has_the_same_limit(int length, int status)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/siteverify") { Content = Padding(length) };
        request.Headers.TransferEncodingChunked = true;
        Reply reply = await Reply.ReadAsync(await gateway.Public.SendAsync(request));
        Assert.Equal(status, reply.Status);
        Assert.Equal(status == 200 ? "missing-input-secret,missing-input-response" : "bad-request", reply.Codes);
    }

    [Fact]
    public async Task Chunks_of_one_byte_verify()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string body = $"secret={site.Secret}&response={await gateway.MintAsync(site)}&pad=".PadRight(16_384, 'x');
        StringBuilder chunks = new();
        foreach (char c in body) chunks.Append($"1\r\n{c}\r\n");
        string reply = await RawHttp.SendAsync(
            gateway.PublicAddress, $"POST /siteverify HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{FormType}Transfer-Encoding: chunked\r\n\r\n", chunks.ToString(), "0\r\n\r\n");
        Assert.Equal(200, RawHttp.StatusOf(reply));
        Assert.Contains("\"success\":true", reply);
    }

    [Fact]
    public async Task A_body_in_many_segments_verifies()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string body = $"secret={site.Secret}&response={await gateway.MintAsync(site)}";
        string head = $"POST /siteverify HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{FormType}Content-Length: {body.Length}\r\n\r\n";
        string reply = await RawHttp.SendAsync(gateway.PublicAddress, [head, .. body.Select(c => c.ToString())]);
        Assert.Contains("\"success\":true", RawHttp.BodyOf(reply));
    }

    [Fact]
    public async Task Http_1_0_verifies()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string body = $"secret={site.Secret}&response={await gateway.MintAsync(site)}";
        string reply = await RawHttp.SendAsync(gateway.PublicAddress, $"POST /siteverify HTTP/1.0\r\n{FormType}Content-Length: {body.Length}\r\n\r\n{body}");
        Assert.Equal(200, RawHttp.StatusOf(reply));
        Assert.Contains("\"success\":true", RawHttp.BodyOf(reply));
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_order()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string body = $"secret={site.Secret}&response={await gateway.MintAsync(site)}";
        string Request(string connection) =>
            $"POST /siteverify HTTP/1.1\r\nHost: h\r\nConnection: {connection}\r\n{FormType}Content-Length: {body.Length}\r\n\r\n{body}";
        string reply = await RawHttp.SendAsync(gateway.PublicAddress, Request("keep-alive") + Request("close"));
        Assert.InRange(reply.IndexOf("\"success\":true", StringComparison.Ordinal), 0, reply.IndexOf("\"reason\":\"duplicate\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Broken_chunking_is_answered_in_json_and_closes()
    {
        string reply = await RawHttp.SendAsync(
            gateway.PublicAddress, $"POST /siteverify HTTP/1.1\r\nHost: h\r\n{FormType}Transfer-Encoding: chunked\r\n\r\nzz\r\n");
        Assert.Equal(400, RawHttp.StatusOf(reply));
        Assert.Contains("\"error-codes\":[\"bad-request\"]", reply);
    }

    [Fact]
    [Trait("Invariant", "I6")]
    public async Task A_client_that_leaves_in_the_middle_of_its_body_spends_nothing()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        await RawHttp.AbortInBodyAsync(gateway.PublicAddress, $"secret={site.Secret}&response={token}");
        Assert.True((await gateway.VerifyAsync(site.Secret, token)).Success);
    }

    [Fact]
    public async Task The_server_does_not_name_itself_and_speaks_only_of_length_and_type()
    {
        Reply reply = await gateway.VerifyAsync("x", "y");
        Assert.Equal(["Date"], reply.Headers.Select(header => header.Key));
        Assert.Equal(reply.Text.Length, reply.ContentHeaders.ContentLength);
    }

    private static ByteArrayContent Padding(int length)
    {
        ByteArrayContent content = new(Encoding.ASCII.GetBytes("pad=".PadRight(length, 'x')));
        content.Headers.ContentType = new("application/x-www-form-urlencoded");
        return content;
    }
}
