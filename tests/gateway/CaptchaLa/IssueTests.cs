using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace CaptchaCluster.Tests.Gateway.CaptchaLa;

public sealed class IssueTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    private readonly TestGateway gateway = shared.Gateway;

    [Fact]
    public async Task A_token_comes_in_the_peers_envelope()
    {
        Reply reply = await Issuing.IssueAsync(gateway, await gateway.CreateSiteAsync(), """{"action":"login"}""");
        string token = reply.Json.GetProperty("data").GetProperty("server_token").GetString()!;
        Assert.StartsWith("sct_", token);
        Assert.Equal(
            (200, $$$"""{"code":0,"msg":"success","data":{"server_token":"{{{token}}}","expires_in":300,"issued_at":1795212900}}"""),
            (reply.Status, reply.Text));
        Assert.True(reply.Headers.CacheControl!.NoStore);
    }

    [Fact]
    public async Task The_documented_form_and_the_sdks_json_say_the_same()
    {
        TestSite site = await gateway.CreateSiteAsync();
        foreach (HttpContent body in new HttpContent[]
        {
            new StringContent("action=log%20in&ttl=60&max_uses=2&bind_ip=203.0.113.7&bind_uid=u%2B1&version=x", Encoding.UTF8, "application/x-www-form-urlencoded"),
            Issuing.Json("""{"action":"log in","ttl":60,"max_uses":2,"binding_ip":"203.0.113.7","bind_uid":"u+1","more":{}}"""),
            Issuing.Json("""{"Action":"log in","TTL":"60","max_uses":"2","bind_ip":"::ffff:203.0.113.7","BIND_UID":"u+1","binding_ip":null}"""),
            Issuing.Json("""{"action":"log in","ttl":60,"max_uses":2,"binding_ip":"203.0.113.7","bind_ip":"203.0.113.7:80","bind_uid":"u+1"}"""),
        })
        {
            Reply reply = await Issuing.IssueAsync(gateway, site.Key, site.Secret, body);
            Assert.True(reply.Status == 200, reply.Text);
            Assert.Equal(60, reply.Json.GetProperty("data").GetProperty("expires_in").GetInt32());
            string token = reply.Json.GetProperty("data").GetProperty("server_token").GetString()!;
            foreach (int status in new[] { 201, 201, 409 })
                Assert.Equal(status, (await MintAsync(site, new { server_token = token, client_ip = "203.0.113.7", uid = "u+1" })).Status);
        }
    }

    [Fact]
    public async Task A_life_longer_than_any_tokens_is_cut()
    {
        Reply reply = await Issuing.IssueAsync(gateway, await gateway.CreateSiteAsync(), """{"action":"a","ttl":86400}""");
        Assert.Equal(7200, reply.Json.GetProperty("data").GetProperty("expires_in").GetInt32());
    }

    [Fact]
    public async Task The_token_tells_neither_address_nor_user()
    {
        string token = await Issuing.OfAsync(gateway, await gateway.CreateSiteAsync(), """{"action":"a","bind_ip":"203.0.113.7","bind_uid":"alice"}""");
        string content = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token.AsSpan(4)));
        Assert.DoesNotContain("203.0.113.7", content);
        Assert.DoesNotContain("alice", content);
    }

    [Theory]
    [InlineData("{}", "invalid_action", "action")]
    [InlineData("""{"action":""}""", "invalid_action", "action")]
    [InlineData("""{"action":"123456789012345678901234567890123"}""", "invalid_action", "action")]
    [InlineData("""{"action":"a","ttl":0}""", "bad_request", "ttl")]
    [InlineData("""{"action":"a","ttl":-1}""", "bad_request", "ttl")]
    [InlineData("""{"action":"a","ttl":1.5}""", "bad_request", "ttl")]
    [InlineData("""{"action":"a","ttl":"soon"}""", "bad_request", "ttl")]
    [InlineData("""{"action":"a","max_uses":0}""", "bad_request", "max_uses")]
    [InlineData("""{"action":"a","max_uses":101}""", "bad_request", "max_uses")]
    [InlineData("""{"action":"a","bind_ip":""}""", "bad_request", "bind_ip")]
    [InlineData("""{"action":"a","binding_ip":"300.1.1.1"}""", "bad_request", "binding_ip")]
    [InlineData("""{"action":"a","binding_ip":"203.0.113.7","bind_ip":"203.0.113.8"}""", "bad_request", "binding_ip")]
    [InlineData("""{"action":"a","bind_uid":""}""", "bad_request", "bind_uid")]
    [InlineData("""{"action":"a","Action":"b"}""", "bad_request", "twice")]
    [InlineData("""["action"]""", "bad_request", "body")]
    public async Task A_wrong_field_is_named_where_either_sdk_looks(string json, string error, string named)
    {
        Reply reply = await Issuing.IssueAsync(gateway, await gateway.CreateSiteAsync(), json);
        Assert.Equal((400, 400), (reply.Status, reply.Json.GetProperty("code").GetInt32()));
        Assert.Equal((error, error), (reply.Error, reply.Json.GetProperty("data").GetProperty("error").GetString()));
        Assert.Contains(named, reply.String("msg"));
    }

    [Theory]
    [InlineData("action=a&action=b")]
    [InlineData("action=a&ACTION=b")]
    public async Task A_field_that_a_form_names_twice_is_refused(string form)
    {
        TestSite site = await gateway.CreateSiteAsync();
        using StringContent body = new(form, Encoding.UTF8, "application/x-www-form-urlencoded");
        Assert.Equal((400, "bad_request"), await AnswerAsync(site.Key, site.Secret, body));
    }

    [Fact]
    [Trait("Invariant", "I6")]
    public async Task Wrong_credentials_are_told_apart_and_hide_everything_else()
    {
        TestSite site = await gateway.CreateSiteAsync(), other = await gateway.CreateSiteAsync();
        foreach (string json in new[] { """{"action":"a"}""", "{}", "nonsense" })
        {
            Assert.Equal((401, "invalid_app_secret"), await AnswerAsync(site.Key, null, Issuing.Json(json)));
            Assert.Equal((401, "invalid_app_secret"), await AnswerAsync(site.Key, other.Secret, Issuing.Json(json)));
            Assert.Equal((401, "invalid_app_secret"), await AnswerAsync(site.Key, site.Secret + "x", Issuing.Json(json)));
            Assert.Equal((401, "invalid_app_key"), await AnswerAsync(null, site.Secret, Issuing.Json(json)));
            Assert.Equal((401, "invalid_app_key"), await AnswerAsync("cpt_pub_" + new string('0', 32), site.Secret, Issuing.Json(json)));
        }

        await gateway.PatchAsync(site, """{"disabled":true}""");
        Assert.Equal((401, "app_disabled"), await AnswerAsync(site.Key, site.Secret, Issuing.Json("{}")));
        Assert.Equal((401, "invalid_app_secret"), await AnswerAsync(site.Key, other.Secret, Issuing.Json("{}")));
        await gateway.AdminAsync("DELETE", $"/admin/v1/sites/{site.Key}");
        Assert.Equal((401, "invalid_app_key"), await AnswerAsync(site.Key, site.Secret, Issuing.Json("{}")));
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public async Task A_secret_that_was_rotated_out_issues_nothing_and_what_it_issued_mints_nothing()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await Issuing.OfAsync(gateway, site, """{"action":"a","max_uses":3}""");
        Assert.Equal(201, (await MintAsync(site, new { server_token = token })).Status);
        TestSite rotated = site with { Secret = (await gateway.RotateAsync(site)).String("secret") };
        Assert.Equal((401, "invalid_app_secret"), await AnswerAsync(site.Key, site.Secret, Issuing.Json("""{"action":"a"}""")));
        Reply retired = await MintAsync(site, new { server_token = token });
        Assert.Equal((409, "server-token-retired"), (retired.Status, retired.Error));
        Assert.Equal(201, (await MintAsync(site, new { server_token = await Issuing.OfAsync(gateway, rotated, """{"action":"a"}""") })).Status);
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public async Task A_secret_in_grace_issues_and_what_it_issued_is_good_as_long_as_it_is()
    {
        TestSite site = await gateway.CreateSiteAsync();
        await gateway.RotateAsync(site, """{"invalidate_immediately":false}""");
        string token = await Issuing.OfAsync(gateway, site, """{"action":"a","max_uses":3}""");
        Assert.Equal(201, (await MintAsync(site, new { server_token = token })).Status);
        await gateway.RotateAsync(site);
        Assert.Equal("server-token-retired", (await MintAsync(site, new { server_token = token })).Error);
    }

    [Fact]
    public async Task Other_methods_media_types_and_long_bodies_are_refused()
    {
        TestSite site = await gateway.CreateSiteAsync();
        Reply get = await Reply.ReadAsync(await gateway.Public.GetAsync(Issuing.Path));
        Assert.Equal((405, "bad_request"), (get.Status, get.Error));
        Assert.Equal(["POST"], get.ContentHeaders.Allow);
        Assert.Equal((415, "bad_request"), await AnswerAsync(site.Key, site.Secret, new StringContent("action=a", Encoding.UTF8, "text/plain")));
        Assert.Equal((415, "bad_request"), await AnswerAsync(site.Key, site.Secret, null));
        Assert.Equal((413, "bad_request"), await AnswerAsync(site.Key, site.Secret, Issuing.Json(new string('x', (16 * 1024) + 1))));
    }

    private async Task<(int Status, string Error)> AnswerAsync(string? appKey, string? appSecret, HttpContent? body)
    {
        Reply reply = await Issuing.IssueAsync(gateway, appKey, appSecret, body);
        Assert.Equal(reply.Status, reply.Json.GetProperty("code").GetInt32());
        Assert.Equal(reply.Error, reply.Json.GetProperty("data").GetProperty("error").GetString());
        return (reply.Status, reply.Error);
    }

    private Task<Reply> MintAsync(TestSite site, object body) =>
        gateway.AdminAsync("POST", $"/admin/v1/sites/{site.Key}/tokens", JsonSerializer.Serialize(body));
}
