using System.Net.Http.Headers;
using System.Text;

namespace CaptchaCluster.Tests.Gateway.Admin;

/// <summary>Who gets in, and what each listener answers at all.</summary>
public sealed class AccessTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    private readonly TestGateway gateway = shared.Gateway;

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer wrong")]
    [InlineData("Bearer")]
    [InlineData("Basic YTpi")]
    public async Task Without_the_key_everything_is_401(string? authorization)
    {
        using HttpClient stranger = new() { BaseAddress = gateway.AdminAddress };
        if (authorization is not null) stranger.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization);
        foreach (string path in new[] { "/admin/v1/sites", "/admin/v1/sites/x/tokens", "/nothing" })
        {
            Reply reply = await Reply.ReadAsync(await stranger.GetAsync(path));
            Assert.Equal(401, reply.Status);
            Assert.Equal("unauthorized", reply.Error);
            Assert.Equal("Bearer", reply.Headers.WwwAuthenticate.ToString());
        }
    }

    [Fact]
    public async Task The_scheme_is_case_insensitive_and_the_key_is_not()
    {
        using HttpClient client = new() { BaseAddress = gateway.AdminAddress };
        string key = gateway.Admin.DefaultRequestHeaders.Authorization!.Parameter!;
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("bearer", key);
        Assert.Equal(200, (int)(await client.GetAsync("/admin/v1/sites")).StatusCode);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.ToUpperInvariant());
        Assert.Equal(401, (int)(await client.GetAsync("/admin/v1/sites")).StatusCode);
    }

    [Fact]
    public async Task Neither_listener_answers_what_is_the_others()
    {
        Assert.Equal(404, (await gateway.AdminAsync("POST", "/siteverify", "{}")).Status);
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(gateway.PublicAddress, "/admin/v1/sites"));
        request.Headers.Authorization = gateway.Admin.DefaultRequestHeaders.Authorization;
        Reply reply = await Reply.ReadAsync(await gateway.Public.SendAsync(request));
        Assert.Equal(404, reply.Status);
        Assert.Equal("not-found", reply.Error);
    }

    [Theory]
    [InlineData("GET", "/admin/v1/nothing", 404, "not-found")]
    [InlineData("PUT", "/admin/v1/sites", 405, "method-not-allowed")]
    [InlineData("GET", "/admin/v1/sites/cpt_pub_00000000000000000000000000000000", 404, "unknown-site")]
    [InlineData("GET", "/admin/v1/sites/nonsense", 404, "unknown-site")]
    [InlineData("GET", "/admin/v1/sites/nonsense/tokens", 405, "method-not-allowed")]
    [InlineData("PATCH", "/admin/v1/sites/cpt_pub_00000000000000000000000000000000", 404, "unknown-site")]
    [InlineData("DELETE", "/admin/v1/sites/cpt_pub_00000000000000000000000000000000", 404, "unknown-site")]
    [InlineData("POST", "/admin/v1/sites/cpt_pub_00000000000000000000000000000000/rotate-secret", 404, "unknown-site")]
    [InlineData("POST", "/admin/v1/sites/cpt_pub_00000000000000000000000000000000/tokens", 404, "unknown-site")]
    public async Task What_is_not_there_has_its_code(string method, string path, int status, string code)
    {
        Reply reply = await gateway.AdminAsync(method, path);
        Assert.Equal(status, reply.Status);
        Assert.Equal(code, reply.Error);
        Assert.NotEmpty(reply.Message);
        if (status == 405) Assert.NotEmpty(reply.ContentHeaders.Allow);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"name":"a","name":"b"}""")]
    [InlineData("""{"name":"\ud800"}""")]
    [InlineData("""{"\ud800":"a"}""")]
    [InlineData("""{"hostnames":["a.example","\udc00"]}""")]
    public async Task A_body_must_be_one_object(string json)
    {
        Reply reply = await gateway.AdminAsync("POST", "/admin/v1/sites", json);
        Assert.Equal(400, reply.Status);
        Assert.Equal("bad-request", reply.Error);
    }

    [Fact]
    public async Task A_body_must_be_json_and_of_bounded_length()
    {
        Reply reply = await Reply.ReadAsync(await gateway.Admin.PostAsync("/admin/v1/sites", new StringContent("a=b", Encoding.UTF8, "application/x-www-form-urlencoded")));
        Assert.Equal(415, reply.Status);
        reply = await gateway.AdminAsync("POST", "/admin/v1/sites", $$"""{"name":"{{new string('x', 70_000)}}"}""");
        Assert.Equal(413, reply.Status);
        Assert.Equal("body-too-large", reply.Error);
    }

    [Fact]
    [Trait("Invariant", "I11")]
    public async Task No_error_repeats_a_secret_or_the_key()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string key = gateway.Admin.DefaultRequestHeaders.Authorization!.Parameter!;
        Reply[] replies =
        [
            await gateway.VerifyAsync(site.Secret, "x"),
            await gateway.VerifyAsync(site.Secret + "x", "x"),
            await gateway.PostAsync($"/siteverify?secret={site.Secret}&secret={site.Secret}", null),
            await Reply.ReadAsync(await gateway.Public.GetAsync($"/siteverify?secret={site.Secret}")),
            await gateway.PostAsync($"/siteverify?secret={site.Secret}", new StringContent(site.Secret)),
            await gateway.AdminAsync("GET", $"/admin/v1/sites/{site.Key}"),
            await gateway.AdminAsync("GET", "/admin/v1/sites"),
            await gateway.AdminAsync("GET", "/nothing"),
            await gateway.PatchAsync(site, """{"generation":2}"""),
        ];
        Assert.All(replies, reply => Assert.DoesNotContain(site.Secret, reply.Text));
        Assert.All(replies, reply => Assert.DoesNotContain(key, reply.Text));
    }

    [Theory]
    [InlineData("/healthz/live", """{"status":"live"}""")]
    [InlineData("/healthz/ready", """{"status":"ready"}""")]
    public async Task Health_is_on_both_listeners_and_needs_no_key(string path, string body)
    {
        foreach (Uri address in new[] { gateway.PublicAddress, gateway.AdminAddress })
        {
            using HttpClient client = new() { BaseAddress = address };
            Reply reply = await Reply.ReadAsync(await client.GetAsync(path));
            Assert.Equal(200, reply.Status);
            Assert.Equal(body, reply.Text);
        }
    }
}
