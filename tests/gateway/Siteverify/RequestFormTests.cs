using System.Net.Http.Headers;
using System.Text;

namespace CaptchaCluster.Tests.Gateway.Siteverify;

/// <summary>The ways in which a caller may put its fields.</summary>
public sealed class RequestFormTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    private readonly TestGateway gateway = shared.Gateway;

    [Theory]
    [InlineData("/siteverify")]
    [InlineData("/v1/siteverify")]
    [InlineData("/api/v1/siteverify")]
    [InlineData("/turnstile/v0/siteverify")]
    [InlineData("/recaptcha/api/siteverify")]
    [InlineData("/hcaptcha/siteverify")]
    public async Task Every_alias_takes_every_encoding(string path)
    {
        TestSite site = await gateway.CreateSiteAsync();
        foreach (string encoding in new[] { "form", "json", "multipart", "query" })
        {
            string token = await gateway.MintAsync(site);
            Reply reply = encoding switch
            {
                "form" => await gateway.PostAsync(path, Form(("secret", site.Secret), ("response", token))),
                "json" => await gateway.PostJsonAsync(path, new { secret = site.Secret, response = token }),
                "multipart" => await gateway.PostAsync(path, Multipart(site.Secret, token)),
                _ => await gateway.PostAsync($"{path}?secret={site.Secret}&response={token}", null),
            };
            Assert.True(reply.Success, $"{encoding}: {reply.Text}");
        }
    }

    [Fact]
    public async Task Field_names_are_case_insensitive_and_unknown_ones_ignored()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        Assert.True((await gateway.PostAsync("/siteverify", Form(("Secret", site.Secret), ("RESPONSE", token), ("more", "x")))).Success);
        token = await gateway.MintAsync(site);
        Assert.True((await gateway.PostJsonAsync("/siteverify", new { SECRET = site.Secret, Response = token, more = new[] { 1 } })).Success);
    }

    [Fact]
    public async Task A_body_field_beats_the_query()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        Assert.True((await gateway.PostAsync("/siteverify?secret=wrong&response=wrong", Form(("secret", site.Secret), ("response", token)))).Success);
        token = await gateway.MintAsync(site);
        Assert.True((await gateway.PostAsync($"/siteverify?secret={site.Secret}", Form(("response", token)))).Success);
    }

    [Fact]
    public async Task A_field_twice_in_one_source_is_a_bad_request()
    {
        const string bad = """{"success":false,"error-codes":["bad-request"]}""";
        Assert.Equal(bad, (await gateway.PostAsync("/siteverify", Form(("secret", "a"), ("Secret", "a")))).Text);
        Assert.Equal(bad, (await gateway.PostAsync("/siteverify?response=a&response=b", null)).Text);
        Assert.Equal(bad, (await gateway.PostAsync("/siteverify", Json("""{"secret":"a","secret":"a"}"""))).Text);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("\"secret\"")]
    public async Task A_body_that_cannot_be_parsed_is_a_bad_request(string json)
    {
        Reply reply = await gateway.PostAsync("/siteverify", Json(json));
        Assert.Equal(200, reply.Status);
        Assert.Equal("bad-request", reply.Codes);
    }

    [Fact]
    public async Task An_empty_body_needs_no_content_type()
    {
        Reply reply = await gateway.PostAsync("/siteverify", null);
        Assert.Equal(200, reply.Status);
        Assert.Equal("missing-input-secret,missing-input-response", reply.Codes);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    [InlineData(null)]
    public async Task Another_content_type_is_415(string? mediaType)
    {
        ByteArrayContent content = new("secret=x&response=y"u8.ToArray());
        content.Headers.ContentType = mediaType is null ? null : new MediaTypeHeaderValue(mediaType);
        Reply reply = await gateway.PostAsync("/siteverify", content);
        Assert.Equal(415, reply.Status);
        Assert.Equal("application/json", reply.MediaType);
        Assert.False(reply.Success);
        Assert.Equal("bad-request", reply.Codes);
    }

    private static FormUrlEncodedContent Form(params (string Name, string Value)[] fields) =>
        new(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static MultipartFormDataContent Multipart(string secret, string token) =>
        new() { { new StringContent(secret), "secret" }, { new StringContent(token), "response" } };
}
