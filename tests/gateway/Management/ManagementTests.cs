using System.Net.Http.Headers;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;

namespace CaptchaCluster.Tests.Gateway.Management;

/// <summary>The calls of caputchin's Terraform provider, and the tokens they are made with.</summary>
public sealed class ManagementTests : IAsyncLifetime
{
    private readonly TestDirectory directory = new();
    private readonly ManualClock clock = new();
    private TestGateway gateway = null!;

    public async Task InitializeAsync() => gateway = await TestGateway.StartAsync(directory, clock);

    public async Task DisposeAsync()
    {
        await gateway.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task A_site_lives_as_the_provider_expects()
    {
        (_, string token) = await CreateTokenAsync();
        Reply created = await CallAsync(token, "POST", "", """{"name":"shop","troop_id":"self-hosted"}""");
        JsonElement site = created.Json.GetProperty("site");
        string id = site.GetProperty("id").GetString()!, secret = created.String("secret");
        Assert.Equal(201, created.Status);
        Assert.Equal(
            $$"""{"id":"{{id}}","key":"{{id}}","name":"shop","troop_id":"self-hosted","tier":"unlimited","disabled":false,"created_at":1795212900000}""",
            site.GetRawText());
        Assert.Equal(site.GetRawText(), (await CallAsync(token, "GET", $"/{id}")).Json.GetProperty("site").GetRawText());

        string pass = await gateway.MintAsync(new TestSite(id, secret), """{"hostname":"example.com"}""");
        Reply rotated = await CallAsync(token, "POST", $"/{id}/rotate-secret", "{}");
        Assert.Equal("invalid-input-secret", (await gateway.VerifyAsync(secret, pass)).Codes);
        Assert.True((await gateway.VerifyAsync(rotated.String("secret"), pass)).Success);

        Reply changed = await CallAsync(token, "PATCH", $"/{id}", """{"name":"other","disabled":true}""");
        Assert.Equal(("other", true), (changed.Json.GetProperty("site").GetProperty("name").GetString(), changed.Json.GetProperty("site").GetProperty("disabled").GetBoolean()));
        Assert.Equal(204, (await CallAsync(token, "DELETE", $"/{id}")).Status);
        Assert.Equal(404, (await CallAsync(token, "GET", $"/{id}")).Status);
        Assert.Equal(404, (await CallAsync(token, "DELETE", $"/{id}")).Status);
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    [Trait("Invariant", "I11")]
    public async Task A_token_is_shown_once_and_kept_as_a_hash_for_its_owner_only()
    {
        (string id, string token) = await CreateTokenAsync();
        string path = Path.Combine(directory.Path, "management-tokens.json");
        Assert.DoesNotContain(token[8..], await File.ReadAllTextAsync(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Reply list = await gateway.AdminAsync("GET", "/admin/v1/management-tokens");
        Assert.Equal($$"""{"management_tokens":[{"id":"{{id}}","name":"terraform","created_at":"2026-11-20T22:15:00Z"}]}""", list.Text);
    }

    [Fact]
    public async Task A_token_stops_on_its_next_use_after_it_was_revoked_and_after_restarts_too()
    {
        (string id, string token) = await CreateTokenAsync();
        (_, string other) = await CreateTokenAsync();
        await RestartAsync();
        Assert.Equal(404, (await CallAsync(token, "GET", "/none")).Status);
        Assert.Equal(204, (await gateway.AdminAsync("DELETE", $"/admin/v1/management-tokens/{id}")).Status);
        Reply refused = await CallAsync(token, "GET", "/none");
        Assert.Equal((401, "unauthorized"), (refused.Status, refused.Error));
        await RestartAsync();
        Assert.Equal(401, (await CallAsync(token, "GET", "/none")).Status);
        Assert.Equal(404, (await CallAsync(other, "GET", "/none")).Status);
        await RestartAsync("--restored");
        Assert.Equal(401, (await CallAsync(other, "GET", "/none")).Status);
    }

    [Fact]
    public async Task Neither_key_opens_what_is_the_others()
    {
        (_, string token) = await CreateTokenAsync();
        Assert.Equal(401, (await gateway.AdminAsync("POST", "/v1/management/sites", """{"name":"shop"}""")).Status);
        foreach (string wrong in new[] { "", "cpt_pat_", token[..^1], token + "x" }) Assert.Equal(401, (await CallAsync(wrong, "GET", "/none")).Status);
        foreach (string path in new[] { "/admin/v1/sites", "/admin/v1/management-tokens" }) Assert.Equal(401, (await SendAsync(token, "GET", path, null)).Status);
        Reply other = await CallAsync(token, "POST", "", """{"name":"shop","troop_id":"trp_1"}""");
        Assert.Equal((403, "troop-not-allowed"), (other.Status, other.Error));
    }

    [Fact]
    public async Task The_audit_log_tells_which_token_it_was()
    {
        (string id, string token) = await CreateTokenAsync();
        await CallAsync(token, "POST", "", """{"name":"shop"}""");
        JsonElement[] entries = [.. (await gateway.AdminAsync("GET", "/admin/v1/audit?after=0&limit=1000")).Json.GetProperty("entries").EnumerateArray()];
        Assert.Equal("site.create", entries[^1].GetProperty("action").GetString());
        Assert.Equal($"management-token:{id}", entries[^1].GetProperty("actor").GetString());
    }

    private async Task<(string Id, string Token)> CreateTokenAsync()
    {
        Reply reply = await gateway.AdminAsync("POST", "/admin/v1/management-tokens", """{"name":"terraform"}""");
        Assert.Equal(201, reply.Status);
        return (reply.String("id"), reply.String("token"));
    }

    private async Task RestartAsync(params string[] arguments)
    {
        await gateway.DisposeAsync();
        gateway = await TestGateway.StartAsync(directory, clock, arguments);
    }

    private Task<Reply> CallAsync(string token, string method, string path, string? json = null) =>
        SendAsync(token, method, "/v1/management/sites" + path, json);

    private async Task<Reply> SendAsync(string token, string method, string path, string? json)
    {
        using HttpClient client = new() { BaseAddress = gateway.AdminAddress };
        using HttpRequestMessage request = new(new HttpMethod(method), path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        return await Reply.ReadAsync(await client.SendAsync(request));
    }
}
