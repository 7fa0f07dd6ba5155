using System.Net.Http.Headers;
using System.Text.Json;

namespace CaptchaCluster.Tests.Gateway.OpenApi;

/// <summary>Brings about every reply of the admin listener that can be brought about.</summary>
internal sealed class AdminReplies(DescribedCalls calls)
{
    public async Task ProvokeAsync()
    {
        await SitesAsync();
        await TokensAsync();
        await KeysAsync();
        await BackupsAsync();
        await calls.AdminAsync("GET", "/admin/v1/audit");
        calls.Expect(Operation.Of("GET", "/admin/v1/audit"), await calls.Gateway.AdminAsync("GET", "/admin/v1/audit?limit=x"));
        await NoncesAsync();
        await ManagementAsync();
        await calls.AdminAsync("GET", "/openapi/v1.json");
        await StrangersAsync();
    }

    private async Task SitesAsync()
    {
        Reply created = await calls.AdminAsync("POST", "/admin/v1/sites", """{"name":"é","hostnames":["example.com"],"tier":"pro"}""");
        string key = created.String("sitekey");
        const string one = "/admin/v1/sites/{sitekey}", rotate = $"{one}/rotate-secret";
        await calls.AdminAsync("POST", "/admin/v1/sites", """{"name":1}""");
        await calls.AdminAsync("GET", "/admin/v1/sites");
        foreach (string name in new[] { key, "none" })
        {
            await calls.AdminAsync("GET", one, null, name);
            await calls.AdminAsync("PATCH", one, """{"disabled":false}""", name);
            await calls.AdminAsync("POST", rotate, """{"invalidate_immediately":false}""", name);
            await calls.AdminAsync("POST", rotate, """{"invalidate_immediately":false}""", name);
            await calls.AdminAsync("POST", rotate, "{}", name);
        }

        await calls.AdminAsync("PATCH", one, """{"tier":"gold"}""", key);
        await calls.AdminAsync("POST", rotate, """{"rotation_id":"short"}""", key);
        await calls.AdminAsync("PATCH", one, "nonsense", key);
        await calls.AdminAsync("PUT", one, null, key, described: "PATCH");

        string inTheWay = Path.Combine(calls.DataPath, "sites", $"{key}.json.tmp");
        Directory.CreateDirectory(inTheWay);
        await calls.AdminAsync("PATCH", one, """{"disabled":true}""", key);
        await calls.AdminAsync("POST", rotate, "{}", key);
        await calls.AdminAsync("DELETE", one, null, key);
        Directory.Delete(inTheWay);
        await calls.AdminAsync("DELETE", one, null, key);
        await calls.AdminAsync("DELETE", one, null, key);
    }

    private async Task TokensAsync()
    {
        const string mint = "/admin/v1/sites/{sitekey}/tokens", inspect = "/admin/v1/tokens/inspect";
        TestSite site = await calls.Gateway.CreateSiteAsync();
        Reply minted = await calls.AdminAsync("POST", mint, """{"action":"a","score":0.5,"platform":{},"uid":"u"}""", site.Key);
        await calls.AdminAsync("POST", mint, """{"count":3}""", site.Key);
        await calls.AdminAsync("POST", mint, """{"count":0}""", site.Key);
        await calls.AdminAsync("POST", mint, $$"""{"cdata":"{{string.Concat(Enumerable.Repeat("\\u0001", 255))}}"}""", site.Key);
        await calls.AdminAsync("POST", mint, "{}", "none");

        string token = minted.String("token");
        await calls.AdminAsync("POST", inspect, JsonSerializer.Serialize(new { token }));
        await calls.Gateway.VerifyAsync(site.Secret, token);
        await calls.AdminAsync("POST", inspect, JsonSerializer.Serialize(new { token }));
        await calls.AdminAsync("POST", inspect, """{"token":"x"}""");
        await calls.AdminAsync("POST", inspect, "{}");
        await calls.Gateway.PatchAsync(site, """{"disabled":true}""");
        await calls.AdminAsync("POST", mint, "{}", site.Key);
    }

    private async Task KeysAsync()
    {
        const string all = "/admin/v1/keys", one = $"{all}/{{kid}}", sign = $"{one}/sign";
        string first = (await calls.AdminAsync("GET", all)).Json.GetProperty("keys")[0].GetProperty("kid").GetString()!;
        string second = (await calls.AdminAsync("POST", all)).String("kid");
        await calls.AdminAsync("POST", sign, null, second);
        await calls.AdminAsync("POST", sign, null, "none");
        await calls.AdminAsync("DELETE", one, null, second);
        await calls.AdminAsync("DELETE", one, null, first);
        await calls.AdminAsync("DELETE", one, """{"force":2}""", first);
        await calls.AdminAsync("GET", all);
        string inTheWay = Path.Combine(calls.DataPath, "keys.json.tmp");
        Directory.CreateDirectory(inTheWay);
        await calls.AdminAsync("POST", all);
        await calls.AdminAsync("POST", sign, null, first);
        await calls.AdminAsync("DELETE", one, """{"force":true}""", first);
        Directory.Delete(inTheWay);
        await calls.AdminAsync("DELETE", one, """{"force":true}""", first);
        await calls.AdminAsync("DELETE", one, """{"force":true}""", first);
        for (int i = 0; i < 16; i++) await calls.AdminAsync("POST", all);

        using TestDirectory other = new();
        await using TestGateway configured = await TestGateway.StartAsync(
            other, null, $"--Tokens:Keys:k1={Convert.ToBase64String(new byte[32])}", "--Tokens:SigningKey=k1");
        foreach ((string method, string path) in new[] { ("GET", all), ("POST", all), ("DELETE", one), ("POST", sign) })
            calls.Expect(Operation.Of(method, path), await configured.AdminAsync(method, path.Replace("{kid}", "k1")));
    }

    private async Task NoncesAsync()
    {
        const string redeem = "/v1/redeem-nonce";
        TestSite site = await calls.Gateway.CreateSiteAsync();
        string live = new UnixSeconds(calls.Gateway.Clock.GetUtcNow().ToUnixTimeSeconds() + 60).ToString();
        string body = $$"""{"sitekey":"{{site.Key}}","nonce":"n","context":"c","expires_at":"{{live}}"}""";
        await calls.AdminAsync("POST", redeem, body);
        await calls.AdminAsync("POST", redeem, body);
        await calls.AdminAsync("POST", redeem, body.Replace(live, "2026-01-01T00:00:00Z"));
        await calls.AdminAsync("POST", redeem, body.Replace(live, "2027-01-01T00:00:00Z"));
        await calls.AdminAsync("POST", redeem, body.Replace(site.Key, "cpt_pub_" + new string('0', 32)));
        await calls.Gateway.PatchAsync(site, """{"disabled":true}""");
        await calls.AdminAsync("POST", redeem, body);
    }

    private async Task BackupsAsync()
    {
        string folder = calls.DataPath + "-backup";
        foreach (string path in new[] { folder, folder, "relative", "/proc/self/new" })
            await calls.AdminAsync("POST", "/admin/v1/backup", JsonSerializer.Serialize(new { folder = path }));
        Directory.Delete(folder, recursive: true);
    }

    private async Task ManagementAsync()
    {
        const string tokens = "/admin/v1/management-tokens", sites = "/v1/management/sites", one = $"{sites}/{{id}}", rotate = $"{one}/rotate-secret";
        Reply made = await calls.AdminAsync("POST", tokens, """{"name":"terraform"}""");
        await calls.AdminAsync("POST", tokens, "{}");
        await calls.AdminAsync("GET", tokens);
        AuthenticationHeaderValue? key = calls.Gateway.Admin.DefaultRequestHeaders.Authorization;
        calls.Gateway.Admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", made.String("token"));
        string id = (await calls.AdminAsync("POST", sites, """{"name":"shop","troop_id":"self-hosted"}""")).Json.GetProperty("site").GetProperty("id").GetString()!;
        await calls.AdminAsync("POST", sites, """{"name":"shop","troop_id":"other"}""");
        await calls.AdminAsync("POST", sites, "{}");
        foreach (string name in new[] { id, "none" })
        {
            await calls.AdminAsync("GET", one, null, name);
            await calls.AdminAsync("PATCH", one, """{"disabled":false}""", name);
            await calls.AdminAsync("POST", rotate, "{}", name);
        }

        await calls.AdminAsync("PATCH", one, """{"tier":"pro"}""", id);
        string inTheWay = Path.Combine(calls.DataPath, "sites", $"{id}.json.tmp"), before = Path.Combine(calls.DataPath, "management-tokens.json.tmp");
        Directory.CreateDirectory(inTheWay);
        await calls.AdminAsync("PATCH", one, """{"disabled":true}""", id);
        await calls.AdminAsync("POST", rotate, "{}", id);
        await calls.AdminAsync("DELETE", one, null, id);
        Directory.Delete(inTheWay);
        await calls.AdminAsync("DELETE", one, null, id);
        await calls.AdminAsync("DELETE", one, null, id);
        calls.Gateway.Admin.DefaultRequestHeaders.Authorization = key;

        Directory.CreateDirectory(before);
        await calls.AdminAsync("POST", tokens, """{"name":"another"}""");
        await calls.AdminAsync("DELETE", $"{tokens}/{{id}}", null, made.String("id"));
        Directory.Delete(before);
        await calls.AdminAsync("DELETE", $"{tokens}/{{id}}", null, made.String("id"));
        await calls.AdminAsync("DELETE", $"{tokens}/{{id}}", null, made.String("id"));
        for (int i = 0; i < 101; i++) await calls.AdminAsync("POST", tokens, """{"name":"many"}""");
    }

    private async Task StrangersAsync()
    {
        AuthenticationHeaderValue? key = calls.Gateway.Admin.DefaultRequestHeaders.Authorization;
        calls.Gateway.Admin.DefaultRequestHeaders.Authorization = null;
        foreach ((Operation operation, JsonElement _) in calls.Description.Operations.Where(item => Description.NeedsKey(item.Operation.Path)))
            calls.Expect(operation, await calls.Gateway.AdminAsync(operation.Method, operation.Path.Replace("{}", "x")));
        calls.Gateway.Admin.DefaultRequestHeaders.Authorization = key;
    }
}
