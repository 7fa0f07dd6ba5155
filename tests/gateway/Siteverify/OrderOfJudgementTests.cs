namespace CaptchaCluster.Tests.Gateway.Siteverify;

/// <summary>Bytes, secret, the token's site, policy, existing redemption, expiry: of two things wrong, the earlier is told.</summary>
public sealed class OrderOfJudgementTests : IAsyncLifetime
{
    private const int Ttl = 60;
    private const int Skew = 300;

    private readonly TestDirectory directory = new();
    private TestGateway gateway = null!;

    public async Task InitializeAsync() => gateway = await TestGateway.StartAsync(directory);

    public async Task DisposeAsync()
    {
        await gateway.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task A_bad_request_comes_before_a_wrong_secret() =>
        Assert.Equal("bad-request", (await gateway.VerifyAsync("wrong", "wrong", ("idempotency_key", new string('x', 129)))).Codes);

    [Fact]
    public async Task A_wrong_secret_comes_before_a_missing_response() =>
        Assert.Equal("invalid-input-secret", (await gateway.VerifyAsync("wrong", null)).Codes);

    [Fact]
    public async Task A_wrong_secret_hides_everything_about_the_token()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string spent = await gateway.MintAsync(site);
        await gateway.VerifyAsync(site.Secret, spent);
        string expired = await gateway.MintAsync(site, $$"""{"ttl_seconds":{{Ttl}}}""");
        string fresh = await gateway.MintAsync(site);
        gateway.Clock.Advance(Ttl);
        foreach (string token in new[] { "malformed", spent, expired, fresh })
            Assert.Equal("""{"success":false,"error-codes":["invalid-input-secret"]}""", (await gateway.VerifyAsync("wrong", token)).Text);
    }

    [Fact]
    public async Task A_disabled_site_comes_before_a_malformed_token()
    {
        TestSite site = await gateway.CreateSiteAsync();
        await gateway.PatchAsync(site, """{"disabled":true}""");
        Assert.Equal("""{"success":false,"error-codes":["invalid-input-secret"]}""", (await gateway.VerifyAsync(site.Secret, "malformed")).Text);
    }

    [Fact]
    public async Task Another_site_comes_before_hostname_and_expiry()
    {
        TestSite site = await gateway.CreateSiteAsync();
        TestSite other = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(other, $$"""{"hostname":"example.org","ttl_seconds":{{Ttl}}}""");
        gateway.Clock.Advance(Ttl);
        Assert.Equal("invalid-input-response,site-mismatch", (await gateway.VerifyAsync(site.Secret, token)).Codes);
    }

    [Fact]
    public async Task Another_site_comes_before_duplicate()
    {
        TestSite site = await gateway.CreateSiteAsync();
        TestSite other = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(other);
        await gateway.VerifyAsync(other.Secret, token);
        Assert.Equal("invalid-input-response,site-mismatch", (await gateway.VerifyAsync(site.Secret, token)).Codes);
    }

    [Fact]
    public async Task A_hostname_mismatch_comes_before_expiry()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site, $$"""{"hostname":"example.org","ttl_seconds":{{Ttl}}}""");
        gateway.Clock.Advance(Ttl);
        Assert.Equal("invalid-input-response,hostname-mismatch", (await gateway.VerifyAsync(site.Secret, token)).Codes);
    }

    [Fact]
    public async Task A_hostname_mismatch_comes_before_duplicate_and_before_the_replay_of_success()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        Assert.True((await gateway.VerifyAsync(site.Secret, token, ("idempotency_key", "k"))).Success);
        await gateway.PatchAsync(site, """{"hostnames":["example.org"]}""");
        Assert.Equal("invalid-input-response,hostname-mismatch", (await gateway.VerifyAsync(site.Secret, token)).Codes);
        Assert.Equal("invalid-input-response,hostname-mismatch", (await gateway.VerifyAsync(site.Secret, token, ("idempotency_key", "k"))).Codes);
    }

    [Fact]
    public async Task A_hostname_mismatch_comes_before_an_address_mismatch()
    {
        TestSite site = await gateway.CreateSiteAsync("""{"hostnames":["example.com"],"ip_binding":"enforce"}""");
        string token = await gateway.MintAsync(site, """{"hostname":"example.org","client_ip":"203.0.113.7"}""");
        Assert.Equal("invalid-input-response,hostname-mismatch", (await gateway.VerifyAsync(site.Secret, token, ("remoteip", "203.0.113.8"))).Codes);
    }

    [Fact]
    public async Task An_address_mismatch_comes_before_expiry_and_duplicate()
    {
        TestSite site = await gateway.CreateSiteAsync("""{"hostnames":["example.com"],"ip_binding":"enforce"}""");
        string token = await gateway.MintAsync(site, $$"""{"client_ip":"203.0.113.7","ttl_seconds":{{Ttl}}}""");
        Assert.True((await gateway.VerifyAsync(site.Secret, token, ("remoteip", "203.0.113.7"))).Success);
        Assert.Equal("invalid-input-response,ip-mismatch", (await gateway.VerifyAsync(site.Secret, token, ("remoteip", "203.0.113.8"))).Codes);
        gateway.Clock.Advance(Ttl);
        Assert.Equal("invalid-input-response,ip-mismatch", (await gateway.VerifyAsync(site.Secret, token, ("remoteip", "203.0.113.8"))).Codes);
    }

    [Fact]
    [Trait("Invariant", "I7")]
    public async Task A_token_expires_at_its_second_and_not_before()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string first = await gateway.MintAsync(site, $$"""{"ttl_seconds":{{Ttl}}}""");
        string second = await gateway.MintAsync(site, $$"""{"ttl_seconds":{{Ttl}}}""");
        gateway.Clock.Advance(Ttl - 1);
        Assert.True((await gateway.VerifyAsync(site.Secret, first)).Success);
        gateway.Clock.Advance(1);
        Assert.Equal(
            """{"success":false,"error-codes":["timeout-or-duplicate"],"reason":"expired","challenge_ts":"2026-11-20T22:15:00Z","hostname":"example.com"}""",
            (await gateway.VerifyAsync(site.Secret, second)).Text);
    }

    [Fact]
    [Trait("Invariant", "I12")]
    public async Task Past_expiry_the_reason_is_expired_without_a_key_spent_or_not()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site, $$"""{"ttl_seconds":{{Ttl}}}""");
        Assert.True((await gateway.VerifyAsync(site.Secret, token)).Success);
        Assert.Equal("duplicate", (await gateway.VerifyAsync(site.Secret, token)).String("reason"));
        gateway.Clock.Advance(Ttl);
        Assert.Equal("expired", (await gateway.VerifyAsync(site.Secret, token)).String("reason"));
    }

    [Fact]
    [Trait("Invariant", "I3")]
    public async Task Past_expiry_the_ledger_still_answers_a_key_until_the_skew_is_over()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site, $$"""{"ttl_seconds":{{Ttl}}}""");
        Assert.True((await gateway.VerifyAsync(site.Secret, token, ("idempotency_key", "mine"))).Success);
        gateway.Clock.Advance(Ttl + Skew - 1);
        Assert.True((await gateway.VerifyAsync(site.Secret, token, ("idempotency_key", "mine"))).Success);
        Assert.Equal("duplicate", (await gateway.VerifyAsync(site.Secret, token, ("idempotency_key", "other"))).String("reason"));
        gateway.Clock.Advance(1);
        Assert.Equal("expired", (await gateway.VerifyAsync(site.Secret, token, ("idempotency_key", "mine"))).String("reason"));
    }

    [Fact]
    [Trait("Invariant", "I7")]
    public async Task An_unspent_token_past_expiry_is_expired_with_a_key_too()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site, $$"""{"ttl_seconds":{{Ttl}}}""");
        gateway.Clock.Advance(Ttl);
        Assert.Equal("expired", (await gateway.VerifyAsync(site.Secret, token, ("idempotency_key", "mine"))).String("reason"));
    }
}
