using System.Text;
using CaptchaCluster.Gateway.Dialects;
using CaptchaCluster.Tests.Gateway.CaptchaLa;
using CaptchaCluster.Tests.Gateway.Dialects;

namespace CaptchaCluster.Tests.Gateway.OpenApi;

/// <summary>Brings about every reply of the public listener that can be brought about.</summary>
internal sealed class PublicReplies(DescribedCalls calls)
{
    public async Task ProvokeAsync()
    {
        await VerificationsAsync();
        await PeersAsync();
        await ServerTokensAsync();
        await calls.PublicAsync("GET", "/healthz/live", null);
        await calls.PublicAsync("GET", "/healthz/ready", null);
    }

    private async Task VerificationsAsync()
    {
        TestSite site = await calls.Gateway.CreateSiteAsync();
        TestSite other = await calls.Gateway.CreateSiteAsync("""{"hostnames":["example.org"],"ip_binding":"enforce"}""");
        foreach (string path in KnownDialects.All.Where(dialect => dialect.HasGet).SelectMany(dialect => dialect.Paths).Select(path => path.Template))
        {
            string rich = await calls.Gateway.MintAsync(
                site, """{"action":"a","cdata":"c","score":1,"platform":{"game_id":"g","score":-1.5},"client_ip":"203.0.113.7","uid":"u"}""");
            string foreign = await calls.Gateway.MintAsync(site, """{"hostname":"example.net"}""");
            string bound = await calls.Gateway.MintAsync(other, """{"client_ip":"203.0.113.7"}""");
            string expired = await calls.Gateway.MintAsync(site, """{"ttl_seconds":1}""");
            calls.Gateway.Clock.Advance(1);
            foreach ((string secret, string token) in new[]
            {
                (site.Secret, rich), (site.Secret, rich), (site.Secret, foreign), (other.Secret, bound), (other.Secret, rich), (site.Secret, expired),
                (site.Secret, "x"), ("x", rich), ("", rich), (site.Secret, ""), ("", ""),
            })
            {
                await calls.PublicAsync("POST", path, new FormUrlEncodedContent([KeyValuePair.Create("secret", secret), KeyValuePair.Create("response", token)]));
            }

            string fresh = await calls.Gateway.MintAsync(site);
            await calls.PublicAsync("GET", path, null, $"?secret={site.Secret}&response={fresh}");
            await calls.PublicAsync("POST", path, new StringContent("{", Encoding.UTF8, "application/json"));
            await calls.PublicAsync("POST", path, new StringContent("x", Encoding.UTF8, "text/plain"));
            await calls.PublicAsync("POST", path, new StringContent(new string('x', 20_000), Encoding.UTF8, "application/json"));
        }
    }

    /// <summary>The dialects whose answers differ by status too, each in its own way of asking.</summary>
    private async Task PeersAsync()
    {
        TestSite site = await calls.Gateway.CreateSiteAsync(), other = await calls.Gateway.CreateSiteAsync(), disabled = await calls.Gateway.CreateSiteAsync();
        await calls.Gateway.PatchAsync(disabled, """{"disabled":true}""");
        foreach (PeerCall peer in PeerCall.All)
        {
            string path = peer.Dialect.Paths[0].Template;
            string rich = await calls.Gateway.MintAsync(site, """{"action":"a","cdata":"c","score":0.25,"uid":"u"}""");
            string expired = await calls.Gateway.MintAsync(site, """{"ttl_seconds":1}""");
            calls.Gateway.Clock.Advance(1);
            foreach ((TestSite caller, string token) in new[]
            {
                (site, rich), (site, rich), (site, expired), (site, "x"), (site, ""), (other, rich), (site with { Secret = "x" }, rich),
                (site with { Secret = "" }, rich), (site with { Key = "cpt_pub_x" }, rich), (disabled, rich),
            })
            {
                using HttpRequestMessage request = peer.Request(caller, token);
                calls.Expect(Operation.Of("POST", path), await Reply.ReadAsync(await calls.Gateway.Public.SendAsync(request)));
            }

            foreach (HttpContent wrong in new[]
            {
                new StringContent("{", Encoding.UTF8, "application/json"),
                new StringContent("x", Encoding.UTF8, "text/plain"),
                new StringContent(new string('x', 20_000), Encoding.UTF8, "application/json"),
            })
            {
                using HttpRequestMessage request = peer.Request(site, rich);
                request.Content = wrong;
                calls.Expect(Operation.Of("POST", path), await Reply.ReadAsync(await calls.Gateway.Public.SendAsync(request)));
            }
        }
    }

    private async Task ServerTokensAsync()
    {
        const string issue = "/v1/server/challenge/issue", mint = "/admin/v1/sites/{sitekey}/tokens";
        TestSite site = await calls.Gateway.CreateSiteAsync();
        string token = await Issuing.OfAsync(calls.Gateway, site, """{"action":"login"}""");
        foreach ((string key, string secret, HttpContent body) in new (string, string, HttpContent)[]
        {
            (site.Key, site.Secret, Issuing.Json("""{"action":"login","ttl":60,"max_uses":2,"binding_ip":"203.0.113.7","bind_uid":"u"}""")),
            (site.Key, site.Secret, Issuing.Json("{}")),
            (site.Key, site.Secret, Issuing.Json("""{"action":"login","ttl":0}""")),
            (site.Key, site.Secret, Issuing.Json("nonsense")),
            (site.Key, "wrong", Issuing.Json("{}")),
            ("wrong", site.Secret, Issuing.Json("{}")),
            (site.Key, site.Secret, new StringContent("x", Encoding.UTF8, "text/plain")),
            (site.Key, site.Secret, new StringContent(new string('x', 20_000), Encoding.UTF8, "application/json")),
        })
        {
            calls.Expect(Operation.Of("POST", issue), await Issuing.IssueAsync(calls.Gateway, key, secret, body));
        }

        await calls.AdminAsync("POST", mint, $$"""{"server_token":"{{token}}","action":"other"}""", site.Key);
        await calls.AdminAsync("POST", mint, $$"""{"server_token":"{{token}}"}""", site.Key);
        await calls.AdminAsync("POST", mint, $$"""{"server_token":"{{token}}"}""", site.Key);
        await calls.AdminAsync("POST", mint, """{"server_token":"sct_x"}""", site.Key);
        await calls.Gateway.PatchAsync(site, """{"disabled":true}""");
        calls.Expect(Operation.Of("POST", issue), await Issuing.IssueAsync(calls.Gateway, site, "{}"));
    }
}
