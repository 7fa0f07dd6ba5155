using System.Text.Json;

namespace CaptchaCluster.Tests.Gateway.CaptchaLa;

/// <summary>Minting for a server token: what it binds, and how often.</summary>
public sealed class ServerTokenUseTests : IAsyncLifetime
{
    private readonly TestDirectory directory = new();
    private readonly ManualClock clock = new();
    private TestGateway gateway = null!;
    private TestSite site = null!;

    public async Task InitializeAsync()
    {
        gateway = await TestGateway.StartAsync(directory, clock);
        site = await gateway.CreateSiteAsync();
    }

    public async Task DisposeAsync()
    {
        await gateway.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    [Trait("Invariant", "I1")]
    public async Task It_is_used_as_often_as_it_allows_and_a_restart_forgets_no_use()
    {
        string token = await IssueAsync("""{"action":"a","max_uses":5}""");
        for (int i = 0; i < 3; i++) Assert.Equal(201, (await MintAsync(new { server_token = token })).Status);
        await RestartAsync();
        for (int i = 0; i < 2; i++) Assert.Equal(201, (await MintAsync(new { server_token = token })).Status);
        await RestartAsync();
        Assert.Equal((409, "server-token-used-up"), await RefusalAsync(new { server_token = token }));
    }

    [Fact]
    [Trait("Invariant", "I1")]
    public async Task Many_at_once_mint_exactly_as_many()
    {
        const int uses = 7, callers = 40;
        string token = await IssueAsync($$"""{"action":"a","max_uses":{{uses}}}""");
        Reply[] replies = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => MintAsync(new { server_token = token })));
        string[] minted = [.. replies.Where(reply => reply.Status == 201).Select(reply => reply.String("token"))];
        Assert.Equal(uses, minted.Distinct().Count());
        Assert.All(replies.Where(reply => reply.Status != 201), reply => Assert.Equal("server-token-used-up", reply.Error));
        foreach (string one in minted) Assert.True((await gateway.VerifyAsync(site.Secret, one)).Success);
    }

    [Fact]
    public async Task What_is_minted_is_for_the_tokens_action()
    {
        string token = await IssueAsync("""{"action":"login","max_uses":2}""");
        Assert.Equal((409, "server-token-mismatch"), await RefusalAsync(new { server_token = token, action = "register" }));
        Assert.Equal((409, "server-token-mismatch"), await RefusalAsync(new { server_token = token, action = "" }));
        foreach (object body in new object[] { new { server_token = token }, new { server_token = token, action = "login" } })
            Assert.Equal("login", (await gateway.VerifyAsync(site.Secret, (await MintAsync(body)).String("token"))).String("action"));
    }

    [Fact]
    public async Task What_it_binds_must_be_named_and_the_same()
    {
        string token = await IssueAsync("""{"action":"a","bind_ip":"203.0.113.7","bind_uid":"alice"}""");
        foreach (object wrong in new object[]
        {
            new { server_token = token },
            new { server_token = token, client_ip = "203.0.113.7" },
            new { server_token = token, uid = "alice" },
            new { server_token = token, client_ip = "203.0.113.8", uid = "alice" },
            new { server_token = token, client_ip = "203.0.113.7", uid = "bob" },
            new { server_token = token, client_ip = "203.0.113.7", uid = "" },
        })
        {
            Assert.Equal((409, "server-token-mismatch"), await RefusalAsync(wrong));
        }

        Assert.Equal(201, (await MintAsync(new { server_token = token, client_ip = "::ffff:203.0.113.7", uid = "alice" })).Status);
    }

    [Fact]
    public async Task What_it_does_not_bind_may_be_anything() =>
        Assert.Equal(201, (await MintAsync(new { server_token = await IssueAsync("""{"action":"a"}"""), client_ip = "203.0.113.7", uid = "u" })).Status);

    [Fact]
    [Trait("Invariant", "I7")]
    public async Task At_its_expiry_it_is_expired()
    {
        string token = await IssueAsync("""{"action":"a","ttl":60}""");
        clock.Advance(60);
        Assert.Equal((409, "server-token-expired"), await RefusalAsync(new { server_token = token }));
    }

    [Fact]
    public async Task After_a_restored_start_it_is_expired()
    {
        string token = await IssueAsync("""{"action":"a"}""");
        await RestartAsync("--restored");
        Assert.Equal((409, "server-token-expired"), await RefusalAsync(new { server_token = token }));
        Assert.Equal(201, (await MintAsync(new { server_token = await IssueAsync("""{"action":"a"}""") })).Status);
    }

    [Fact]
    public async Task A_call_that_cannot_mint_uses_nothing_up()
    {
        string token = await IssueAsync("""{"action":"a"}""");
        Assert.Equal((400, "token-too-large"), await RefusalAsync(new { server_token = token, cdata = new string('\u0001', 255) }));
        Assert.Equal((400, "bad-request"), await RefusalAsync(new { server_token = token, count = 2 }));
        Assert.Equal((400, "bad-request"), await RefusalAsync(new { server_token = token, score = 2 }));
        await gateway.PatchAsync(site, """{"disabled":true}""");
        Assert.Equal((409, "site-disabled"), await RefusalAsync(new { server_token = token }));
        await gateway.PatchAsync(site, """{"disabled":false}""");
        Assert.Equal(201, (await MintAsync(new { server_token = token })).Status);
    }

    [Fact]
    public async Task Neither_kind_of_token_passes_for_the_other_nor_a_sites_for_anothers()
    {
        string token = await IssueAsync("""{"action":"a"}""");
        Assert.Equal("invalid-input-response", (await gateway.VerifyAsync(site.Secret, token)).Codes);
        Assert.Equal("invalid-input-response", (await gateway.VerifyAsync(site.Secret, token[4..])).Codes);
        string pass = (await MintAsync(new { server_token = token })).String("token");
        foreach (string wrong in new[] { "sct_" + pass, pass, token[4..], token[..^1], token + "x", "sct_", "sct_été" })
            Assert.Equal((400, "invalid-server-token"), await RefusalAsync(new { server_token = wrong }));
        TestSite other = await gateway.CreateSiteAsync();
        string foreign = await Issuing.OfAsync(gateway, other, """{"action":"a"}""");
        Assert.Equal((400, "invalid-server-token"), await RefusalAsync(new { server_token = foreign }));
    }

    private async Task RestartAsync(params string[] arguments)
    {
        await gateway.DisposeAsync();
        gateway = await TestGateway.StartAsync(directory, clock, arguments);
    }

    private Task<string> IssueAsync(string json) => Issuing.OfAsync(gateway, site, json);

    private async Task<(int Status, string Code)> RefusalAsync(object body)
    {
        Reply reply = await MintAsync(body);
        return (reply.Status, reply.Error);
    }

    private Task<Reply> MintAsync(object body) => gateway.AdminAsync("POST", $"/admin/v1/sites/{site.Key}/tokens", JsonSerializer.Serialize(body));
}
