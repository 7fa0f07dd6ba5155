namespace CaptchaCluster.Tests.Gateway.Admin;

public sealed class SiteTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    private readonly TestGateway gateway = shared.Gateway;

    [Fact]
    public async Task A_site_is_created_with_all_members_and_its_secret()
    {
        Reply reply = await gateway.AdminAsync("POST", "/admin/v1/sites");
        Assert.Equal(201, reply.Status);
        string key = reply.String("sitekey"), secret = reply.String("secret");
        Assert.Equal(
            $$"""{"sitekey":"{{key}}","name":"unnamed site","hostnames":[],"enforce_hostname":false,"ip_binding":"off","token_ttl_seconds":600,"tier":"unlimited","generation":1,"disabled":false,"created_at":"2026-11-20T22:15:00Z","secret":"{{secret}}"}""",
            reply.Text);
        Assert.True(reply.Headers.CacheControl!.NoStore);
    }

    [Fact]
    public async Task Every_writable_member_can_be_set_at_creation_and_changed_later()
    {
        Reply created = await gateway.AdminAsync(
            "POST",
            "/admin/v1/sites",
            """{"name":"Shop","hostnames":["Example.com","example.com","10.0.0.1"],"enforce_hostname":false,"ip_binding":"enforce","token_ttl_seconds":7200,"tier":"pro","disabled":true}""");
        string path = $"/admin/v1/sites/{created.String("sitekey")}";
        string before = $$"""{"sitekey":"{{created.String("sitekey")}}","name":"Shop","hostnames":["example.com","10.0.0.1"],"enforce_hostname":false,"ip_binding":"enforce","token_ttl_seconds":7200,"tier":"pro","generation":1,"disabled":true,"created_at":"2026-11-20T22:15:00Z"}""";
        Assert.Equal(before, (await gateway.AdminAsync("GET", path)).Text);

        Reply changed = await gateway.AdminAsync(
            "PATCH", path, """{"name":"Café","hostnames":[],"enforce_hostname":true,"ip_binding":"off","token_ttl_seconds":1,"tier":"business","disabled":false}""");
        Assert.Equal(200, changed.Status);
        Assert.Equal("Café", changed.String("name"));
        Assert.Equal(0, changed.Json.GetProperty("hostnames").GetArrayLength());
        Assert.Equal(changed.Text, (await gateway.AdminAsync("GET", path)).Text);
    }

    [Fact]
    public async Task A_patch_leaves_what_it_does_not_name()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string before = (await gateway.AdminAsync("GET", $"/admin/v1/sites/{site.Key}")).Text;
        Assert.Equal(before.Replace("\"free\"", "\"unlimited\""), (await gateway.PatchAsync(site, "{}")).Text);
        Assert.Equal(before.Replace("\"unlimited\"", "\"free\""), (await gateway.PatchAsync(site, """{"tier":"free"}""")).Text);
    }

    [Fact]
    public async Task Naming_hostnames_at_creation_enforces_them_unless_told_otherwise()
    {
        async Task<bool> Enforces(string json) =>
            (await gateway.AdminAsync("POST", "/admin/v1/sites", json)).Json.GetProperty("enforce_hostname").GetBoolean();
        Assert.True(await Enforces("""{"hostnames":["a.example"]}"""));
        Assert.False(await Enforces("""{"hostnames":[]}"""));
        Assert.False(await Enforces("""{"hostnames":["a.example"],"enforce_hostname":false}"""));
    }

    [Fact]
    public async Task The_first_hostnames_of_a_site_are_enforced_unless_told_otherwise()
    {
        async Task<bool> Enforces(string created, string changed) =>
            (await gateway.PatchAsync(await gateway.CreateSiteAsync(created), changed)).Json.GetProperty("enforce_hostname").GetBoolean();
        const string without = "{}", with = """{"hostnames":["a.example"]}""", lenient = """{"hostnames":["a.example"],"enforce_hostname":false}""";
        Assert.True(await Enforces(without, with));
        Assert.False(await Enforces(without, lenient));
        Assert.False(await Enforces(without, """{"hostnames":[]}"""));
        Assert.False(await Enforces(lenient, """{"hostnames":["b.example"]}"""));
    }

    [Fact]
    public async Task Replies_are_readable_as_they_come()
    {
        TestSite site = await gateway.CreateSiteAsync("""{"name":"L'été <&>"}""");
        Assert.Contains("\"name\":\"L'été <&>\"", (await gateway.AdminAsync("GET", $"/admin/v1/sites/{site.Key}")).Text);
        Assert.Contains("'name' must be", (await gateway.PatchAsync(site, """{"name":1}""")).Text);
    }

    [Fact]
    public async Task Sites_are_listed_without_secrets_and_deleted_ones_not_at_all()
    {
        TestSite kept = await gateway.CreateSiteAsync();
        TestSite deleted = await gateway.CreateSiteAsync();
        Assert.Equal(204, (await gateway.AdminAsync("DELETE", $"/admin/v1/sites/{deleted.Key}")).Status);
        Reply list = await gateway.AdminAsync("GET", "/admin/v1/sites");
        string[] keys = [.. list.Json.GetProperty("sites").EnumerateArray().Select(site => site.GetProperty("sitekey").GetString()!)];
        Assert.Contains(kept.Key, keys);
        Assert.DoesNotContain(deleted.Key, keys);
        Assert.DoesNotContain("cpt_sec_", list.Text);
    }

    [Fact]
    public async Task A_deleted_site_is_unknown_to_every_call()
    {
        TestSite site = await gateway.CreateSiteAsync();
        await gateway.AdminAsync("DELETE", $"/admin/v1/sites/{site.Key}");
        Reply[] replies =
        [
            await gateway.AdminAsync("GET", $"/admin/v1/sites/{site.Key}"),
            await gateway.PatchAsync(site, "{}"),
            await gateway.AdminAsync("DELETE", $"/admin/v1/sites/{site.Key}"),
            await gateway.RotateAsync(site),
            await gateway.AdminAsync("POST", $"/admin/v1/sites/{site.Key}/tokens", "{}"),
        ];
        Assert.All(replies, reply => Assert.Equal((404, "unknown-site"), (reply.Status, reply.Error)));
    }

    [Theory]
    [InlineData("""{"name":""}""", "name")]
    [InlineData("""{"name":1}""", "name")]
    [InlineData("""{"name":"two\nlines"}""", "name")]
    [InlineData("""{"name":"\u0000"}""", "name")]
    [InlineData("""{"name":"\u0085"}""", "name")]
    [InlineData("""{"name":null}""", "name")]
    [InlineData("""{"hostnames":"example.com"}""", "hostnames")]
    [InlineData("""{"hostnames":[1]}""", "hostnames")]
    [InlineData("""{"hostnames":["https://example.com"]}""", "hostnames")]
    [InlineData("""{"hostnames":["example.com:8080"]}""", "hostnames")]
    [InlineData("""{"hostnames":["*.example.com"]}""", "hostnames")]
    [InlineData("""{"enforce_hostname":"yes"}""", "enforce_hostname")]
    [InlineData("""{"ip_binding":"on"}""", "ip_binding")]
    [InlineData("""{"ip_binding":true}""", "ip_binding")]
    [InlineData("""{"token_ttl_seconds":0}""", "token_ttl_seconds")]
    [InlineData("""{"token_ttl_seconds":7201}""", "token_ttl_seconds")]
    [InlineData("""{"token_ttl_seconds":1.5}""", "token_ttl_seconds")]
    [InlineData("""{"tier":"gold"}""", "tier")]
    [InlineData("""{"disabled":0}""", "disabled")]
    [InlineData("""{"hostname":"example.com"}""", "hostname")]
    [InlineData("""{"generation":7}""", "generation")]
    public async Task A_wrong_member_is_named_in_the_error_and_changes_nothing(string json, string member)
    {
        TestSite site = await gateway.CreateSiteAsync();
        string before = (await gateway.AdminAsync("GET", $"/admin/v1/sites/{site.Key}")).Text;
        foreach (Reply reply in new[] { await gateway.AdminAsync("POST", "/admin/v1/sites", json), await gateway.PatchAsync(site, json) })
        {
            Assert.Equal((400, "bad-request"), (reply.Status, reply.Error));
            Assert.Contains($"'{member}'", reply.Message);
        }

        Assert.Equal(before, (await gateway.AdminAsync("GET", $"/admin/v1/sites/{site.Key}")).Text);
    }

    [Fact]
    public async Task A_site_may_have_200_hostnames_of_full_length_and_no_more()
    {
        static string Body(int count) => $$"""{"hostnames":[{{string.Join(",", Enumerable.Range(0, count).Select(i => $"\"{Long(i)}\""))}}]}""";
        Assert.Equal(201, (await gateway.AdminAsync("POST", "/admin/v1/sites", Body(200))).Status);
        Reply reply = await gateway.AdminAsync("POST", "/admin/v1/sites", Body(201));
        Assert.Equal(400, reply.Status);
        Assert.Contains("200", reply.Message);
    }

    private static string Long(int i)
    {
        string label = new('a', 63);
        return $"{label}.{label}.{label}.{i:d9}".PadRight(249, 'b') + ".com";
    }
}
