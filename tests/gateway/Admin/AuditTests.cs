using System.Net.Http.Headers;
using System.Text.Json;
using CaptchaCluster.Tests.Gateway.OpenApi;

namespace CaptchaCluster.Tests.Gateway.Admin;

/// <summary>Who did what, when, from where, with what outcome; and nothing that is secret.</summary>
public sealed class AuditTests : IDisposable
{
    private readonly TestDirectory directory = new();

    private string LogPath => Path.Combine(directory.Path, "audit.log");

    public void Dispose()
    {
        directory.Dispose();
        if (Directory.Exists(directory.Path + "-backup")) Directory.Delete(directory.Path + "-backup", recursive: true);
    }

    [Fact]
    public async Task A_change_is_told_before_and_after_with_who_what_where_and_outcome()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(directory);
        TestSite site = await gateway.CreateSiteAsync();
        await gateway.PatchAsync(site, """{"disabled":true,"name":"other"}""");
        await gateway.RotateAsync(site, """{"rotation_id":"x"}""");
        JsonElement[] entries = await ReadAsync(gateway, $"?after={(await LastAsync(gateway)) - 6}");

        Assert.Equal(
            [
                "started site.create", $"ended site.create {site.Key} 201",
                $"started site.change {site.Key}", $"ended site.change {site.Key} 200",
                $"started site.rotate-secret {site.Key}", $"ended site.rotate-secret {site.Key} 400 bad-request",
            ],
            entries.Select(Summary));
        for (int i = 0; i < entries.Length; i += 2)
        {
            Assert.Equal(entries[i].GetProperty("seq").GetInt64(), entries[i + 1].GetProperty("of").GetInt64());
            Assert.Equal(entries[i].GetProperty("request").GetString(), entries[i + 1].GetProperty("request").GetString());
        }

        Assert.All(entries, entry =>
        {
            Assert.Matches("^admin-key:[0-9a-f]{4}$", entry.GetProperty("actor").GetString());
            Assert.Equal("127.0.0.1", entry.GetProperty("from").GetString());
            Assert.Equal("2026-11-20T22:15:00Z", entry.GetProperty("time").GetString());
        });
        Assert.Equal(["disabled=true", "name"], entries[3].GetProperty("members").EnumerateArray().Select(member => member.GetString()));
    }

    [Fact]
    public async Task Every_described_action_is_told_as_described()
    {
        ManualClock clock = new();
        HashSet<string> seen = [];
        JsonElement[] entries;
        Description description;
        await using (TestGateway gateway = await TestGateway.StartAsync(directory, clock))
        {
            TestSite site = await gateway.CreateSiteAsync();
            await gateway.PatchAsync(site, """{"tier":"pro"}""");
            await gateway.RotateAsync(site);
            for (int i = 0; i < 3; i++) await gateway.MintAsync(site);
            await gateway.AdminAsync("POST", $"/admin/v1/sites/{site.Key}/tokens", """{"count":0}""");
            await gateway.AdminAsync("DELETE", $"/admin/v1/sites/{site.Key}");
            string first = (await gateway.AdminAsync("GET", "/admin/v1/keys")).Json.GetProperty("keys")[0].GetProperty("kid").GetString()!;
            string second = (await gateway.AdminAsync("POST", "/admin/v1/keys")).String("kid");
            await gateway.AdminAsync("POST", $"/admin/v1/keys/{second}/sign");
            await gateway.AdminAsync("DELETE", $"/admin/v1/keys/{first}", """{"force":true}""");
            await gateway.AdminAsync("POST", "/admin/v1/backup", JsonSerializer.Serialize(new { folder = directory.Path + "-backup" }));
            string pat = (await gateway.AdminAsync("POST", "/admin/v1/management-tokens", """{"name":"n"}""")).String("id");
            await gateway.AdminAsync("DELETE", $"/admin/v1/management-tokens/{pat}");
            AuthenticationHeaderValue? key = gateway.Admin.DefaultRequestHeaders.Authorization;
            gateway.Admin.DefaultRequestHeaders.Authorization = null;
            for (int i = 0; i < 3; i++) await gateway.AdminAsync("GET", "/admin/v1/sites");
            gateway.Admin.DefaultRequestHeaders.Authorization = key;
        }

        clock.Advance(1);
        await using (TestGateway gateway = await TestGateway.StartAsync(directory, clock, "--restored"))
        {
            description = new Description((await gateway.AdminAsync("GET", "/openapi/v1.json")).Json);
            Reply reply = await gateway.AdminAsync("GET", "/admin/v1/audit?after=0&limit=1000");
            Assert.Null(description.Complaint(Operation.Of("GET", "/admin/v1/audit"), reply));
            entries = [.. reply.Json.GetProperty("entries").EnumerateArray()];
        }

        JsonElement schema = description.Document.GetProperty("components").GetProperty("schemas").GetProperty("AuditEntry").GetProperty("properties");
        foreach (string member in new[] { "action", "phase" })
        {
            Assert.Equal(
                schema.GetProperty(member).GetProperty("enum").EnumerateArray().Select(word => word.GetString()).Order(StringComparer.Ordinal),
                entries.Select(entry => entry.GetProperty(member).GetString()).Distinct().Order(StringComparer.Ordinal));
        }

        foreach (JsonElement entry in entries) seen.UnionWith(entry.EnumerateObject().Select(member => member.Name));
        seen.Add("node"); // is told where nodes share a log
        Assert.Equal(schema.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
        Assert.Equal(Enumerable.Range(1, entries.Length).Select(i => (long)i), entries.Select(entry => entry.GetProperty("seq").GetInt64()));
    }

    [Fact]
    public async Task What_only_looks_leaves_no_entry()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(directory);
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        long before = await LastAsync(gateway);
        foreach (string path in new[] { "/admin/v1/sites", $"/admin/v1/sites/{site.Key}", "/admin/v1/keys", "/admin/v1/audit", "/admin/v1/nothing", "/healthz/ready" })
            await gateway.AdminAsync("GET", path);
        await gateway.AdminAsync("POST", "/admin/v1/tokens/inspect", JsonSerializer.Serialize(new { token }));
        await gateway.AdminAsync("PUT", "/admin/v1/sites");
        await gateway.VerifyAsync(site.Secret, token);
        Assert.Equal(before, await LastAsync(gateway));
    }

    [Fact]
    [Trait("Invariant", "I10")]
    public async Task Strangers_and_mints_in_any_number_are_two_entries_a_minute_and_all_are_counted()
    {
        ManualClock clock = new();
        await using TestGateway gateway = await TestGateway.StartAsync(directory, clock);
        TestSite site = await gateway.CreateSiteAsync();
        using HttpClient stranger = new() { BaseAddress = gateway.AdminAddress };
        long before = await LastAsync(gateway);
        for (int minute = 0; minute < 3; minute++)
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => stranger.GetAsync("/admin/v1/sites")));
            await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => gateway.AdminAsync("POST", $"/admin/v1/sites/{site.Key}/tokens", """{"count":3}""")));
            clock.Advance(60);
            await gateway.PatchAsync(site, "{}"); // when this is written, so is what came before it
        }

        JsonElement[] entries = await ReadAsync(gateway, $"?after={before}");
        Assert.Equal(3 * (2 + 2 + 2), entries.Length);
        Assert.Equal(60, Of("access.refused").Sum(CallsOf));
        Assert.Equal(60, Of("tokens.mint").Sum(CallsOf));
        Assert.Equal(180, Of("tokens.mint").Sum(entry => entry.GetProperty("tokens").GetInt64()));
        Assert.All(Of("tokens.mint"), entry => Assert.Equal((site.Key, "127.0.0.1"), (entry.GetProperty("target").GetString(), entry.GetProperty("from").GetString())));
        Assert.All(Of("access.refused"), entry => Assert.False(entry.TryGetProperty("actor", out _)));

        IEnumerable<JsonElement> Of(string action) => entries.Where(entry => entry.GetProperty("action").GetString() == action);
        static long CallsOf(JsonElement entry) => entry.TryGetProperty("calls", out JsonElement calls) ? calls.GetInt64() : 1;
    }

    [Fact]
    public async Task What_is_only_counted_yet_is_written_before_the_log_is_read_and_before_the_end()
    {
        await using (TestGateway gateway = await TestGateway.StartAsync(directory))
        {
            TestSite site = await gateway.CreateSiteAsync();
            for (int i = 0; i < 3; i++) await gateway.MintAsync(site);
            Assert.Equal(2, (await ReadAsync(gateway))[^1].GetProperty("calls").GetInt64());
            for (int i = 0; i < 4; i++) await gateway.MintAsync(site);
        }

        string[] lines = File.ReadAllLines(LogPath);
        Assert.Contains("\"calls\":3,", lines[^2]);
        Assert.Contains("\"action\":\"stop\"", lines[^1]);
    }

    [Fact]
    [Trait("Invariant", "I11")]
    public async Task No_entry_holds_a_secret_a_token_a_key_or_anything_of_a_path_that_is_no_name()
    {
        List<string> secrets = ["canary"];
        await using (TestGateway gateway = await TestGateway.StartAsync(directory))
        {
            secrets.Add(gateway.Admin.DefaultRequestHeaders.Authorization!.Parameter!);
            TestSite site = await gateway.CreateSiteAsync("""{"name":"canary","hostnames":["example.com"]}""");
            secrets.Add(site.Secret);
            secrets.Add(await gateway.MintAsync(site, """{"cdata":"canary","uid":"canary"}"""));
            secrets.Add((await gateway.RotateAsync(site, """{"rotation_id":"canary-canary-canary-canary"}""")).String("secret"));
            foreach (string name in new[] { site.Secret, secrets[3], "canarycanary" })
            {
                await gateway.AdminAsync("PATCH", $"/admin/v1/sites/{name}?secret={site.Secret}", """{"disabled":true}""");
                await gateway.AdminAsync("POST", $"/admin/v1/sites/{name}/tokens?x=canary");
                await gateway.AdminAsync("DELETE", $"/admin/v1/keys/{name}");
                await gateway.AdminAsync("PATCH", $"/admin/v1/sites/{site.Key}", $$"""{"{{name}}":true}""");
            }

            using HttpClient stranger = new() { BaseAddress = gateway.AdminAddress };
            stranger.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer canary");
            stranger.DefaultRequestHeaders.TryAddWithoutValidation("X-Request-Id", "canary");
            stranger.DefaultRequestHeaders.TryAddWithoutValidation("traceparent", "canary");
            await stranger.GetAsync("/admin/v1/sites?canary=canary");
        }

        string text = File.ReadAllText(LogPath);
        Assert.True(File.ReadLines(LogPath).Count() > 20);
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, text));
    }

    [Fact]
    public async Task A_body_that_cannot_be_read_is_told_too()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(directory);
        TestSite site = await gateway.CreateSiteAsync();
        await gateway.PatchAsync(site, "nonsense");
        Assert.Equal(413, (await gateway.PatchAsync(site, new string(' ', 70_000))).Status);
        Assert.Equal(
            [$"ended site.change {site.Key} 400 bad-request", $"ended site.change {site.Key} 413 body-too-large"],
            (await ReadAsync(gateway))[^2..].Select(Summary));
    }

    [Fact]
    [Trait("Invariant", "I9")]
    public async Task Where_the_log_cannot_be_written_nothing_is_done_and_nothing_is_handed_out()
    {
        long filled = FillFile();
        await using TestGateway gateway = await TestGateway.StartAsync(directory);
        TestSite site = await gateway.CreateSiteAsync();
        await gateway.MintAsync(site);
        string inTheWay = LogPath + ".tmp";
        Directory.CreateDirectory(inTheWay);
        Reply reply;
        do
        {
            reply = await gateway.AdminAsync("POST", "/admin/v1/keys"); // the shortest entry
        }
        while (reply.Status != 503 || reply.Error != "audit-unavailable");
        int keys = await CountKeysAsync();

        Reply[] refusals =
        [
            await gateway.AdminAsync("POST", "/admin/v1/sites", "{}"),
            await gateway.PatchAsync(site, """{"disabled":true}"""),
            await gateway.RotateAsync(site),
            await gateway.AdminAsync("DELETE", $"/admin/v1/sites/{site.Key}"),
            await gateway.AdminAsync("POST", $"/admin/v1/sites/{site.Key}/tokens", "{}"),
            await gateway.AdminAsync("POST", "/admin/v1/keys"),
        ];
        Assert.All(refusals, reply => Assert.Equal((503, "audit-unavailable", "1"), (reply.Status, reply.Error, reply.Headers.RetryAfter?.ToString())));
        using HttpClient stranger = new() { BaseAddress = gateway.AdminAddress };
        Assert.Equal(401, (int)(await stranger.GetAsync("/admin/v1/sites")).StatusCode);
        JsonElement listed = Assert.Single((await gateway.AdminAsync("GET", "/admin/v1/sites")).Json.GetProperty("sites").EnumerateArray(), item => item.GetProperty("sitekey").GetString() == site.Key);
        Assert.Equal((false, 1), (listed.GetProperty("disabled").GetBoolean(), listed.GetProperty("generation").GetInt32()));
        Assert.Equal(keys, await CountKeysAsync());

        Directory.Delete(inTheWay);
        string token = await gateway.MintAsync(site);
        Assert.True((await gateway.VerifyAsync(site.Secret, token)).Success);
        Assert.True(await LastAsync(gateway) > filled);
        Assert.Equal(2, Directory.GetFiles(directory.Path, "audit*.log").Length);

        async Task<int> CountKeysAsync() => (await gateway.AdminAsync("GET", "/admin/v1/keys")).Json.GetProperty("keys").GetArrayLength();
    }

    [Fact]
    public async Task A_page_begins_after_the_entry_named_and_without_one_ends_with_the_newest()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(directory);
        TestSite site = await gateway.CreateSiteAsync();
        for (int i = 0; i < 10; i++) await gateway.PatchAsync(site, """{"disabled":true}""");
        long last = await LastAsync(gateway);
        Assert.Equal([last - 2, last - 1, last], (await ReadAsync(gateway, "?limit=3")).Select(NumberOf));
        Assert.Equal([5, 6], (await ReadAsync(gateway, "?after=4&limit=2")).Select(NumberOf));
        Assert.Empty(await ReadAsync(gateway, $"?after={last}"));
        foreach ((string query, string message) in new[]
        {
            ("?limit=0", "'limit' must be a whole number from 1 to 1000."),
            ("?limit=1001", "'limit' must be a whole number from 1 to 1000."),
            ("?after=-1", "'after' must be a whole number from 0 to 9223372036854775806."),
            ("?after=x", "'after' must be a whole number from 0 to 9223372036854775806."),
            ("?before=1", "'before' is not known here; allowed are after, limit."),
            ("?limit=1&limit=2", "The body must be one JSON object, in UTF-8, naming no member twice."),
        })
        {
            Reply reply = await gateway.AdminAsync("GET", "/admin/v1/audit" + query);
            Assert.Equal((400, message), (reply.Status, reply.Message));
        }
    }

    [Fact]
    public async Task Another_admin_key_is_another_actor()
    {
        string?[] actors = new string?[2];
        for (int i = 0; i < actors.Length; i++)
        {
            await using TestGateway gateway = await TestGateway.StartAsync(directory, null, $"--Gateway:AdminKey=a-key-of-these-tests-{i}");
            await gateway.CreateSiteAsync();
            actors[i] = (await ReadAsync(gateway))[^1].GetProperty("actor").GetString();
        }

        Assert.NotEqual(actors[0], actors[1]);
    }

    [Fact]
    public async Task Behind_a_trusted_proxy_the_address_is_the_clients()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(directory, null, "--Gateway:TrustedProxies=127.0.0.0/8");
        gateway.Admin.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.9");
        await gateway.CreateSiteAsync();
        Assert.Equal("203.0.113.9", (await ReadAsync(gateway))[^1].GetProperty("from").GetString());
    }

    /// <summary>Up to a few entries before the next file is begun; returns how many there are.</summary>
    private long FillFile()
    {
        const int almost = (8 * 1024 * 1024) - 4000;
        Directory.CreateDirectory(directory.Path);
        using StreamWriter file = new(LogPath);
        string filler = new('x', 1000);
        long sequence = 0;
        while (file.BaseStream.Length < almost)
        {
            file.Write($"{{\"seq\":{++sequence},\"time\":\"2026-11-20T22:15:00Z\",\"phase\":\"ended\",\"action\":\"stop\",\"target\":\"{filler}\"}}\n");
            file.Flush();
        }

        return sequence;
    }

    private static async Task<JsonElement[]> ReadAsync(TestGateway gateway, string query = "") =>
        [.. (await gateway.AdminAsync("GET", "/admin/v1/audit" + query)).Json.GetProperty("entries").EnumerateArray()];

    private static async Task<long> LastAsync(TestGateway gateway) => (await gateway.AdminAsync("GET", "/admin/v1/audit")).Json.GetProperty("last").GetInt64();

    private static long NumberOf(JsonElement entry) => entry.GetProperty("seq").GetInt64();

    private static string Summary(JsonElement entry) => string.Join(
        ' ',
        new[] { "phase", "action", "target", "status", "error" }
            .Select(name => entry.TryGetProperty(name, out JsonElement member) ? member.ToString() : null)
            .OfType<string>());
}
