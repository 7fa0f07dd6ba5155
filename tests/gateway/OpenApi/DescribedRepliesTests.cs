using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CaptchaCluster.Gateway.Dialects;
using CaptchaCluster.Tests.Gateway.CaptchaLa;
using CaptchaCluster.Tests.Gateway.Dialects;

namespace CaptchaCluster.Tests.Gateway.OpenApi;

/// <summary>Real replies, each held against the schema that the description gives for its call and status.</summary>
public sealed class DescribedRepliesTests : IAsyncLifetime
{
    // Their ledger, or a file that cannot be foretold, would have to fail; their bodies are held against the schemas below.
    private static readonly string[] NotProvoked =
    [
        .. from dialect in KnownDialects.All
           from path in dialect.Paths
           from method in dialect.HasGet ? new[] { "POST", "GET" } : ["POST"]
           select $"{method} {Operation.Of(method, path.Template).Path} 503",
        "GET /healthz/ready 503",
        "POST /admin/v1/sites 503",
        "POST /admin/v1/sites/{}/tokens 503",
        "POST /v1/management/sites 503",
        "POST /admin/v1/tokens/inspect 503",
        "POST /v1/redeem-nonce 503",
        "POST /admin/v1/backup 503",
        "POST /v1/server/challenge/issue 503",
    ];

    private readonly TestDirectory directory = new();
    private readonly HashSet<string> seen = [];
    private TestGateway gateway = null!;
    private Description description = null!;

    public async Task InitializeAsync()
    {
        gateway = await TestGateway.StartAsync(directory, null, "--Gateway:AllowGetVerification=true");
        description = new Description((await gateway.AdminAsync("GET", "/openapi/v1.json")).Json);
    }

    public async Task DisposeAsync()
    {
        await gateway.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task Every_described_reply_comes_as_described()
    {
        await VerificationsAsync();
        await PeersAsync();
        await SitesAsync();
        await TokensAsync();
        await KeysAsync();
        await BackupsAsync();
        await AdminAsync("GET", "/admin/v1/audit");
        Expect(Operation.Of("GET", "/admin/v1/audit"), await gateway.AdminAsync("GET", "/admin/v1/audit?limit=x"));
        await NoncesAsync();
        await ServerTokensAsync();
        await ManagementAsync();
        await PublicAsync("GET", "/healthz/live", null);
        await PublicAsync("GET", "/healthz/ready", null);
        await AdminAsync("GET", "/openapi/v1.json");
        await StrangersAsync();

        IEnumerable<string> described =
            from item in description.Operations
            from response in item.Content.GetProperty("responses").EnumerateObject()
            where response.Name != "default"
            select $"{item.Operation.Method} {item.Operation.Path} {response.Name}";
        Assert.Equal(NotProvoked.Order(StringComparer.Ordinal), described.Except(seen).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("POST", "/siteverify", """{"success":false,"error-codes":["internal-error"]}""")]
    [InlineData("POST", "/hcaptcha/siteverify", """{"success":false,"error-codes":["internal-error"]}""")]
    [InlineData("POST", "/api/v2/captcha/siteverify", """{"success":false,"error":{"error_code":"internal_server_error","detail":"d"}}""")]
    [InlineData("POST", "/{sitekey}/siteverify", """{"success":false,"error":"e"}""")]
    [InlineData("POST", "/v1/validate", """{"code":503,"msg":"m","error":"unknown_error","data":{"valid":false,"error":"unknown_error"}}""")]
    [InlineData("POST", "/v1/projects/{project}/assessments", """{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}""")]
    [InlineData("GET", "/healthz/ready", """{"status":"not-ready"}""")]
    [InlineData("POST", "/admin/v1/tokens/inspect", """{"error":"internal-error","message":"m"}""")]
    [InlineData("POST", "/admin/v1/backup", """{"error":"audit-unavailable","message":"m"}""")]
    [InlineData("POST", "/admin/v1/sites/{sitekey}/tokens", """{"error":"audit-unavailable","message":"m"}""")]
    [InlineData("POST", "/v1/redeem-nonce", """{"error":"internal-error","message":"m"}""")]
    [InlineData("POST", "/admin/v1/sites/{sitekey}/tokens", """{"error":"internal-error","message":"m"}""")]
    [InlineData("POST", "/v1/server/challenge/issue", """{"code":503,"msg":"m","error":"unknown_error","data":{"error":"unknown_error"}}""")]
    public void What_was_not_provoked_is_described_too(string method, string path, string body) => Assert.Null(Complaint(method, path, 503, body));

    [Theory]
    [InlineData("POST", "/siteverify", 200, """{"success":true,"error-codes":[]}""")]
    [InlineData("POST", "/siteverify", 200, """{"success":false,"error-codes":["internal-error"]}""")]
    [InlineData("POST", "/siteverify", 200, """{"success":true,"challenge_ts":"yesterday","hostname":"a","error-codes":[]}""")]
    [InlineData("POST", "/siteverify", 200, """{"success":true,"challenge_ts":"2026-11-20T22:15:00Z","hostname":null,"error-codes":[]}""")]
    [InlineData("POST", "/hcaptcha/siteverify", 200, """{"success":false,"error-codes":["timeout-or-duplicate"]}""")]
    [InlineData("POST", "/api/v2/captcha/siteverify", 400, """{"success":false,"error":{"error_code":"response_invalid","detail":"d"}}""")]
    [InlineData("POST", "/{sitekey}/siteverify", 200, """{"success":true,"hostname":"h"}""")]
    [InlineData("POST", "/v1/validate", 400, """{"code":0,"msg":"m","data":{"valid":false,"error":"invalid_token"}}""")]
    [InlineData("POST", "/v1/validate", 200, """{"code":0,"msg":"ok","data":{"valid":false,"challenge_id":"ch_AAAAAAAAAAAAAAAAAAAAAA","captcha_args":{"hostname":"h","solved_at":1}}}""")]
    [InlineData("POST", "/v1/projects/{project}/assessments", 200, """{"tokenProperties":{"valid":false,"invalidReason":"EXPIRY"}}""")]
    [InlineData("POST", "/admin/v1/tokens/inspect", 200, """{"mac_ok":true,"state":"spent"}""")]
    [InlineData("POST", "/admin/v1/tokens/inspect", 200, """{"mac_ok":true,"state":"unspent","m":"x"}""")]
    [InlineData("GET", "/admin/v1/keys", 200, """{"keys":[{"kid":"K1","signs":true}]}""")]
    [InlineData("GET", "/admin/v1/audit", 200, """{"entries":[{"seq":1,"time":"2026-11-20T22:15:00Z","phase":"ended","action":"tokens.make"}],"first":1,"last":1}""")]
    [InlineData("GET", "/admin/v1/sites", 404, """{"error":"Not Found","message":"m"}""")]
    public void A_reply_that_is_not_as_described_is_told(string method, string path, int status, string body) =>
        Assert.NotNull(Complaint(method, path, status, body));

    private async Task VerificationsAsync()
    {
        TestSite site = await gateway.CreateSiteAsync();
        TestSite other = await gateway.CreateSiteAsync("""{"hostnames":["example.org"],"ip_binding":"enforce"}""");
        foreach (string path in KnownDialects.All.Where(dialect => dialect.HasGet).SelectMany(dialect => dialect.Paths).Select(path => path.Template))
        {
            string rich = await gateway.MintAsync(
                site, """{"action":"a","cdata":"c","score":1,"platform":{"game_id":"g","score":-1.5},"client_ip":"203.0.113.7","uid":"u"}""");
            string foreign = await gateway.MintAsync(site, """{"hostname":"example.net"}""");
            string bound = await gateway.MintAsync(other, """{"client_ip":"203.0.113.7"}""");
            string expired = await gateway.MintAsync(site, """{"ttl_seconds":1}""");
            gateway.Clock.Advance(1);
            foreach ((string secret, string token) in new[]
            {
                (site.Secret, rich), (site.Secret, rich), (site.Secret, foreign), (other.Secret, bound), (other.Secret, rich), (site.Secret, expired),
                (site.Secret, "x"), ("x", rich), ("", rich), (site.Secret, ""), ("", ""),
            })
            {
                await PublicAsync("POST", path, new FormUrlEncodedContent([KeyValuePair.Create("secret", secret), KeyValuePair.Create("response", token)]));
            }

            string fresh = await gateway.MintAsync(site);
            await PublicAsync("GET", path, null, $"?secret={site.Secret}&response={fresh}");
            await PublicAsync("POST", path, new StringContent("{", Encoding.UTF8, "application/json"));
            await PublicAsync("POST", path, new StringContent("x", Encoding.UTF8, "text/plain"));
            await PublicAsync("POST", path, new StringContent(new string('x', 20_000), Encoding.UTF8, "application/json"));
        }
    }

    /// <summary>The dialects whose answers differ by status too, each in its own way of asking.</summary>
    private async Task PeersAsync()
    {
        TestSite site = await gateway.CreateSiteAsync(), other = await gateway.CreateSiteAsync(), disabled = await gateway.CreateSiteAsync();
        await gateway.PatchAsync(disabled, """{"disabled":true}""");
        foreach (PeerCall peer in PeerCall.All)
        {
            string path = peer.Dialect.Paths[0].Template;
            string rich = await gateway.MintAsync(site, """{"action":"a","cdata":"c","score":0.25,"uid":"u"}""");
            string expired = await gateway.MintAsync(site, """{"ttl_seconds":1}""");
            gateway.Clock.Advance(1);
            foreach ((TestSite caller, string token) in new[]
            {
                (site, rich), (site, rich), (site, expired), (site, "x"), (site, ""), (other, rich), (site with { Secret = "x" }, rich),
                (site with { Secret = "" }, rich), (site with { Key = "cpt_pub_x" }, rich), (disabled, rich),
            })
            {
                using HttpRequestMessage request = peer.Request(caller, token);
                Expect(Operation.Of("POST", path), await Reply.ReadAsync(await gateway.Public.SendAsync(request)));
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
                Expect(Operation.Of("POST", path), await Reply.ReadAsync(await gateway.Public.SendAsync(request)));
            }
        }
    }

    private async Task SitesAsync()
    {
        Reply created = await AdminAsync("POST", "/admin/v1/sites", """{"name":"é","hostnames":["example.com"],"tier":"pro"}""");
        string key = created.String("sitekey");
        const string one = "/admin/v1/sites/{sitekey}", rotate = $"{one}/rotate-secret";
        await AdminAsync("POST", "/admin/v1/sites", """{"name":1}""");
        await AdminAsync("GET", "/admin/v1/sites");
        foreach (string name in new[] { key, "none" })
        {
            await AdminAsync("GET", one, null, name);
            await AdminAsync("PATCH", one, """{"disabled":false}""", name);
            await AdminAsync("POST", rotate, """{"invalidate_immediately":false}""", name);
            await AdminAsync("POST", rotate, """{"invalidate_immediately":false}""", name);
            await AdminAsync("POST", rotate, "{}", name);
        }

        await AdminAsync("PATCH", one, """{"tier":"gold"}""", key);
        await AdminAsync("POST", rotate, """{"rotation_id":"short"}""", key);
        await AdminAsync("PATCH", one, "nonsense", key);
        await AdminAsync("PUT", one, null, key, described: "PATCH");

        string inTheWay = Path.Combine(directory.Path, "sites", $"{key}.json.tmp");
        Directory.CreateDirectory(inTheWay);
        await AdminAsync("PATCH", one, """{"disabled":true}""", key);
        await AdminAsync("POST", rotate, "{}", key);
        await AdminAsync("DELETE", one, null, key);
        Directory.Delete(inTheWay);
        await AdminAsync("DELETE", one, null, key);
        await AdminAsync("DELETE", one, null, key);
    }

    private async Task TokensAsync()
    {
        const string mint = "/admin/v1/sites/{sitekey}/tokens", inspect = "/admin/v1/tokens/inspect";
        TestSite site = await gateway.CreateSiteAsync();
        Reply minted = await AdminAsync("POST", mint, """{"action":"a","score":0.5,"platform":{},"uid":"u"}""", site.Key);
        await AdminAsync("POST", mint, """{"count":3}""", site.Key);
        await AdminAsync("POST", mint, """{"count":0}""", site.Key);
        await AdminAsync("POST", mint, $$"""{"cdata":"{{string.Concat(Enumerable.Repeat("\\u0001", 255))}}"}""", site.Key);
        await AdminAsync("POST", mint, "{}", "none");

        string token = minted.String("token");
        await AdminAsync("POST", inspect, JsonSerializer.Serialize(new { token }));
        await gateway.VerifyAsync(site.Secret, token);
        await AdminAsync("POST", inspect, JsonSerializer.Serialize(new { token }));
        await AdminAsync("POST", inspect, """{"token":"x"}""");
        await AdminAsync("POST", inspect, "{}");
        await gateway.PatchAsync(site, """{"disabled":true}""");
        await AdminAsync("POST", mint, "{}", site.Key);
    }

    private async Task KeysAsync()
    {
        const string all = "/admin/v1/keys", one = $"{all}/{{kid}}", sign = $"{one}/sign";
        string first = (await AdminAsync("GET", all)).Json.GetProperty("keys")[0].GetProperty("kid").GetString()!;
        string second = (await AdminAsync("POST", all)).String("kid");
        await AdminAsync("POST", sign, null, second);
        await AdminAsync("POST", sign, null, "none");
        await AdminAsync("DELETE", one, null, second);
        await AdminAsync("DELETE", one, null, first);
        await AdminAsync("DELETE", one, """{"force":2}""", first);
        await AdminAsync("GET", all);
        string inTheWay = Path.Combine(directory.Path, "keys.json.tmp");
        Directory.CreateDirectory(inTheWay);
        await AdminAsync("POST", all);
        await AdminAsync("POST", sign, null, first);
        await AdminAsync("DELETE", one, """{"force":true}""", first);
        Directory.Delete(inTheWay);
        await AdminAsync("DELETE", one, """{"force":true}""", first);
        await AdminAsync("DELETE", one, """{"force":true}""", first);
        for (int i = 0; i < 16; i++) await AdminAsync("POST", all);

        using TestDirectory other = new();
        await using TestGateway configured = await TestGateway.StartAsync(
            other, null, $"--Tokens:Keys:k1={Convert.ToBase64String(new byte[32])}", "--Tokens:SigningKey=k1");
        foreach ((string method, string path) in new[] { ("GET", all), ("POST", all), ("DELETE", one), ("POST", sign) })
            Expect(Operation.Of(method, path), await configured.AdminAsync(method, path.Replace("{kid}", "k1")));
    }

    private async Task NoncesAsync()
    {
        const string redeem = "/v1/redeem-nonce";
        TestSite site = await gateway.CreateSiteAsync();
        string live = new UnixSeconds(gateway.Clock.GetUtcNow().ToUnixTimeSeconds() + 60).ToString();
        string body = $$"""{"sitekey":"{{site.Key}}","nonce":"n","context":"c","expires_at":"{{live}}"}""";
        await AdminAsync("POST", redeem, body);
        await AdminAsync("POST", redeem, body);
        await AdminAsync("POST", redeem, body.Replace(live, "2026-01-01T00:00:00Z"));
        await AdminAsync("POST", redeem, body.Replace(live, "2027-01-01T00:00:00Z"));
        await AdminAsync("POST", redeem, body.Replace(site.Key, "cpt_pub_" + new string('0', 32)));
        await gateway.PatchAsync(site, """{"disabled":true}""");
        await AdminAsync("POST", redeem, body);
    }

    private async Task BackupsAsync()
    {
        string folder = directory.Path + "-backup";
        foreach (string path in new[] { folder, folder, "relative", "/proc/self/new" })
            await AdminAsync("POST", "/admin/v1/backup", JsonSerializer.Serialize(new { folder = path }));
        Directory.Delete(folder, recursive: true);
    }

    private async Task ManagementAsync()
    {
        const string tokens = "/admin/v1/management-tokens", sites = "/v1/management/sites", one = $"{sites}/{{id}}", rotate = $"{one}/rotate-secret";
        Reply made = await AdminAsync("POST", tokens, """{"name":"terraform"}""");
        await AdminAsync("POST", tokens, "{}");
        await AdminAsync("GET", tokens);
        AuthenticationHeaderValue? key = gateway.Admin.DefaultRequestHeaders.Authorization;
        gateway.Admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", made.String("token"));
        string id = (await AdminAsync("POST", sites, """{"name":"shop","troop_id":"self-hosted"}""")).Json.GetProperty("site").GetProperty("id").GetString()!;
        await AdminAsync("POST", sites, """{"name":"shop","troop_id":"other"}""");
        await AdminAsync("POST", sites, "{}");
        foreach (string name in new[] { id, "none" })
        {
            await AdminAsync("GET", one, null, name);
            await AdminAsync("PATCH", one, """{"disabled":false}""", name);
            await AdminAsync("POST", rotate, "{}", name);
        }

        await AdminAsync("PATCH", one, """{"tier":"pro"}""", id);
        string inTheWay = Path.Combine(directory.Path, "sites", $"{id}.json.tmp"), before = Path.Combine(directory.Path, "management-tokens.json.tmp");
        Directory.CreateDirectory(inTheWay);
        await AdminAsync("PATCH", one, """{"disabled":true}""", id);
        await AdminAsync("POST", rotate, "{}", id);
        await AdminAsync("DELETE", one, null, id);
        Directory.Delete(inTheWay);
        await AdminAsync("DELETE", one, null, id);
        await AdminAsync("DELETE", one, null, id);
        gateway.Admin.DefaultRequestHeaders.Authorization = key;

        Directory.CreateDirectory(before);
        await AdminAsync("POST", tokens, """{"name":"another"}""");
        await AdminAsync("DELETE", $"{tokens}/{{id}}", null, made.String("id"));
        Directory.Delete(before);
        await AdminAsync("DELETE", $"{tokens}/{{id}}", null, made.String("id"));
        await AdminAsync("DELETE", $"{tokens}/{{id}}", null, made.String("id"));
        for (int i = 0; i < 101; i++) await AdminAsync("POST", tokens, """{"name":"many"}""");
    }

    private async Task ServerTokensAsync()
    {
        const string issue = "/v1/server/challenge/issue", mint = "/admin/v1/sites/{sitekey}/tokens";
        TestSite site = await gateway.CreateSiteAsync();
        string token = await Issuing.OfAsync(gateway, site, """{"action":"login"}""");
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
            Expect(Operation.Of("POST", issue), await Issuing.IssueAsync(gateway, key, secret, body));
        }

        await AdminAsync("POST", mint, $$"""{"server_token":"{{token}}","action":"other"}""", site.Key);
        await AdminAsync("POST", mint, $$"""{"server_token":"{{token}}"}""", site.Key);
        await AdminAsync("POST", mint, $$"""{"server_token":"{{token}}"}""", site.Key);
        await AdminAsync("POST", mint, """{"server_token":"sct_x"}""", site.Key);
        await gateway.PatchAsync(site, """{"disabled":true}""");
        Expect(Operation.Of("POST", issue), await Issuing.IssueAsync(gateway, site, "{}"));
    }

    private async Task StrangersAsync()
    {
        AuthenticationHeaderValue? key = gateway.Admin.DefaultRequestHeaders.Authorization;
        gateway.Admin.DefaultRequestHeaders.Authorization = null;
        foreach ((Operation operation, JsonElement _) in description.Operations.Where(item => Description.NeedsKey(item.Operation.Path)))
            Expect(operation, await gateway.AdminAsync(operation.Method, operation.Path.Replace("{}", "x")));
        gateway.Admin.DefaultRequestHeaders.Authorization = key;
    }

    private async Task<Reply> AdminAsync(string method, string path, string? json = null, string name = "", string? described = null)
    {
        string real = System.Text.RegularExpressions.Regex.Replace(path, @"\{[^}]*\}", name);
        return Expect(Operation.Of(described ?? method, path), await gateway.AdminAsync(method, real, json));
    }

    private async Task PublicAsync(string method, string path, HttpContent? body, string query = "")
    {
        using HttpRequestMessage request = new(new HttpMethod(method), path + query) { Content = body };
        Expect(Operation.Of(method, path), await Reply.ReadAsync(await gateway.Public.SendAsync(request)));
    }

    private Reply Expect(Operation operation, Reply reply)
    {
        Assert.Null(description.Complaint(operation, reply));
        seen.Add($"{operation.Method} {operation.Path} {reply.Status}");
        return reply;
    }

    private string? Complaint(string method, string path, int status, string body)
    {
        using HttpResponseMessage headers = new();
        return description.Complaint(Operation.Of(method, path), new Reply(status, body, "application/json", headers.Headers, headers.Content.Headers));
    }
}
