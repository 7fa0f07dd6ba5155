using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Gateway.Admin;

/// <summary>The rotation of the signing keys while the gateway runs.</summary>
public sealed class KeyTests : IAsyncLifetime
{
    private const int OutOfUseSeconds = 7200 + 300; // Tokens:MaxTtlSeconds and Redemption:MaxClockSkewSeconds

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
    public async Task A_new_ring_holds_one_key_which_signs()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string kid = KeyOf(await gateway.MintAsync(site));
        Assert.Equal($$"""{"keys":[{"kid":"{{kid}}","signs":true}]}""", (await KeysAsync("GET", "")).Text);
    }

    [Fact]
    public async Task A_key_is_made_then_signs_and_the_one_before_it_is_retired_when_its_tokens_are_gone()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string old = await gateway.MintAsync(site), before = KeyOf(old);

        Reply made = await KeysAsync("POST", "");
        string kid = made.String("kid");
        Assert.Equal((201, $$"""{"kid":"{{kid}}","signs":false}"""), (made.Status, made.Text));
        Assert.Equal(before, KeyOf(await gateway.MintAsync(site)));

        Reply signs = await KeysAsync("POST", $"/{kid}/sign");
        Assert.Equal((200, $$"""{"kid":"{{kid}}","signs":true}"""), (signs.Status, signs.Text));
        string fresh = await gateway.MintAsync(site);
        Assert.Equal(kid, KeyOf(fresh));
        Assert.True((await gateway.VerifyAsync(site.Secret, old)).Success);
        Assert.True((await gateway.VerifyAsync(site.Secret, fresh)).Success);
        Assert.Equal(
            $$"""{"keys":[{"kid":"{{before}}","signs":false,"signed_until":"2026-11-20T22:15:00Z","out_of_use_from":"2026-11-21T00:20:00Z"},{"kid":"{{kid}}","signs":true}]}""",
            (await KeysAsync("GET", "")).Text);

        clock.Advance(OutOfUseSeconds - 1);
        Reply early = await KeysAsync("DELETE", $"/{before}");
        Assert.Equal((409, "key-in-use"), (early.Status, early.Error));
        Assert.Contains("2026-11-21T00:20:00Z", early.Message);
        clock.Advance(1);
        Assert.Equal(204, (await KeysAsync("DELETE", $"/{before}")).Status);
        Assert.Equal($$"""{"keys":[{"kid":"{{kid}}","signs":true}]}""", (await KeysAsync("GET", "")).Text);
    }

    [Fact]
    public async Task The_tokens_of_a_retired_key_are_refused_and_told_to_be_of_an_unknown_key()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site), before = KeyOf(token);
        await SwitchAsync();
        Assert.Equal((409, "key-in-use"), await RefusalAsync("DELETE", $"/{before}", """{"force":false}"""));
        Assert.Equal(204, (await KeysAsync("DELETE", $"/{before}", """{"force":true}""")).Status);
        Assert.Equal("invalid-input-response", (await gateway.VerifyAsync(site.Secret, token)).Codes);
        Assert.Equal("unknown-key", (await gateway.AdminAsync("POST", "/admin/v1/tokens/inspect", $$"""{"token":"{{token}}"}""")).String("flaw"));
    }

    [Fact]
    public async Task A_restart_keeps_the_ring_and_its_signer()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string old = await gateway.MintAsync(site);
        string kid = await SwitchAsync();
        string list = (await KeysAsync("GET", "")).Text;
        await gateway.DisposeAsync();
        gateway = await TestGateway.StartAsync(directory, clock);
        Assert.Equal(list, (await KeysAsync("GET", "")).Text);
        Assert.Equal(kid, KeyOf(await gateway.MintAsync(site)));
        Assert.True((await gateway.VerifyAsync(site.Secret, old)).Success);
    }

    [Fact]
    public async Task What_cannot_be_done_has_its_code()
    {
        string signer = KeyOf(await gateway.MintAsync(await gateway.CreateSiteAsync()));
        Assert.Equal((409, "key-signs"), await RefusalAsync("DELETE", $"/{signer}", """{"force":true}"""));
        Assert.Equal((404, "unknown-key"), await RefusalAsync("DELETE", "/nothing"));
        Assert.Equal((404, "unknown-key"), await RefusalAsync("POST", "/nothing/sign"));
        Assert.Equal((405, "method-not-allowed"), await RefusalAsync("GET", $"/{signer}"));
        Assert.Equal((400, "bad-request"), await RefusalAsync("POST", "", """{"kid":"mine"}"""));
        Assert.Equal((400, "bad-request"), await RefusalAsync("POST", $"/{signer}/sign", """{"force":true}"""));
        Assert.Equal((400, "bad-request"), await RefusalAsync("DELETE", $"/{signer}", """{"force":1}"""));
        for (int i = 1; i < 16; i++) Assert.Equal(201, (await KeysAsync("POST", "")).Status);
        Assert.Equal((409, "too-many-keys"), await RefusalAsync("POST", ""));
    }

    [Fact]
    public async Task A_change_that_could_not_be_saved_is_503_and_not_made()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string signer = KeyOf(await gateway.MintAsync(site)), kid = (await KeysAsync("POST", "")).String("kid");
        string inTheWay = Path.Combine(directory.Path, "keys.json.tmp");
        Directory.CreateDirectory(inTheWay);
        Assert.Equal((503, "internal-error"), await RefusalAsync("POST", $"/{kid}/sign"));
        Assert.Equal(signer, KeyOf(await gateway.MintAsync(site)));
        Directory.Delete(inTheWay);
        Assert.Equal(200, (await KeysAsync("POST", $"/{kid}/sign")).Status);
        Assert.Equal(kid, KeyOf(await gateway.MintAsync(site)));
    }

    [Fact]
    [Trait("Invariant", "I11")]
    public async Task No_reply_shows_a_key()
    {
        Reply made = await KeysAsync("POST", "");
        Reply[] replies =
        [
            made,
            await KeysAsync("GET", ""),
            await KeysAsync("POST", $"/{made.String("kid")}/sign"),
            await KeysAsync("DELETE", $"/{made.String("kid")}"),
        ];
        using System.Text.Json.JsonDocument file = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Combine(directory.Path, "keys.json")));
        string[] keys = [.. file.RootElement.GetProperty("keys").EnumerateObject().Select(key => key.Value.GetString()!)];
        Assert.Equal(2, keys.Length);
        Assert.All(replies, reply => Assert.All(keys, key => Assert.DoesNotContain(key, reply.Text)));
        Assert.All(replies, reply => Assert.True(reply.Text.Length < 200, reply.Text));
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("POST", "")]
    [InlineData("POST", "/k1/sign")]
    [InlineData("DELETE", "/k1")]
    public async Task A_configured_ring_is_not_changed_here(string method, string path)
    {
        using TestDirectory other = new();
        await using TestGateway configured = await TestGateway.StartAsync(
            other, null, $"--Tokens:Keys:k1={Convert.ToBase64String(new byte[32])}", "--Tokens:SigningKey=k1");
        Reply reply = await configured.AdminAsync(method, "/admin/v1/keys" + path);
        Assert.Equal((409, "keys-configured"), (reply.Status, reply.Error));
        Assert.Contains("Tokens:Keys", reply.Message);
    }

    private static string KeyOf(string token) => TokenContent.Read(token)!.KeyId!;

    private async Task<string> SwitchAsync()
    {
        string kid = (await KeysAsync("POST", "")).String("kid");
        Assert.Equal(200, (await KeysAsync("POST", $"/{kid}/sign")).Status);
        return kid;
    }

    private async Task<(int Status, string Code)> RefusalAsync(string method, string path, string? json = null)
    {
        Reply reply = await KeysAsync(method, path, json);
        Assert.NotEmpty(reply.Message);
        return (reply.Status, reply.Error);
    }

    private Task<Reply> KeysAsync(string method, string path, string? json = null) => gateway.AdminAsync(method, "/admin/v1/keys" + path, json);
}
