namespace CaptchaCluster.Tests.Gateway.Siteverify;

/// <summary>Each row of the table of codes, to the byte.</summary>
public sealed class VerdictTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    private readonly TestGateway gateway = shared.Gateway;

    [Fact]
    public async Task Success_has_every_member_that_has_a_value_in_the_documented_order()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(
            site,
            """
            {"action":"login","cdata":"a \"quoted\" ü\u0001","score":0.9,"platform":{"game_id":"puzzle/1","score":null,"duration_ms":4200}}
            """);

        Reply reply = await gateway.VerifyAsync(site.Secret, token);

        Assert.Equal(200, reply.Status);
        Assert.Equal("application/json", reply.MediaType);
        Assert.Equal(
            """{"success":true,"challenge_ts":"2026-11-20T22:15:00Z","hostname":"example.com","action":"login","cdata":"a \u0022quoted\u0022 ü\u0001","score":0.9,"platform":{"game_id":"puzzle/1","score":null,"duration_ms":4200},"error-codes":[]}""",
            reply.Text);
        Assert.Equal("a \"quoted\" ü\u0001", reply.String("cdata"));
    }

    [Fact]
    public async Task Success_leaves_out_what_has_no_value()
    {
        TestSite site = await gateway.CreateSiteAsync();
        Reply reply = await gateway.VerifyAsync(site.Secret, await gateway.MintAsync(site));
        Assert.Equal("""{"success":true,"challenge_ts":"2026-11-20T22:15:00Z","hostname":"example.com","error-codes":[]}""", reply.Text);
    }

    [Fact]
    public async Task The_largest_token_there_can_be_verifies()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string label = new('a', 63);
        string hostname = $"{label}.{label}.{new string('a', 61)}.{new string('b', 49)}.example.com";
        string body = $$"""{"hostname":"{{hostname}}","action":"{{new string('a', 32)}}","cdata":"{{new string('é', 255)}}","uid":"u","client_ip":"::1","score":0.123456789012345}""";
        Reply reply = await gateway.VerifyAsync(site.Secret, await gateway.MintAsync(site, body));
        Assert.True(reply.Success, reply.Text);
        Assert.Equal(hostname, reply.String("hostname"));
    }

    [Theory]
    [InlineData(null, null, "missing-input-secret,missing-input-response")]
    [InlineData("", "", "missing-input-secret,missing-input-response")]
    [InlineData(null, "x", "missing-input-secret")]
    [InlineData("x", null, "invalid-input-secret")]
    [InlineData("x", "x", "invalid-input-secret")]
    public async Task What_is_missing_is_listed(string? secret, string? token, string codes)
    {
        Reply reply = await gateway.VerifyAsync(secret, token);
        Assert.Equal(200, reply.Status);
        Assert.Equal($$"""{"success":false,"error-codes":["{{codes.Replace(",", "\",\"")}}"]}""", reply.Text);
    }

    [Fact]
    public async Task A_missing_response_is_told_to_a_right_secret()
    {
        TestSite site = await gateway.CreateSiteAsync();
        Assert.Equal("missing-input-response", (await gateway.VerifyAsync(site.Secret, null)).Codes);
        Assert.Equal("missing-input-response", (await gateway.VerifyAsync(site.Secret, "")).Codes);
    }

    [Fact]
    public async Task A_secret_of_no_site_is_invalid()
    {
        string unknown = CaptchaCluster.Sites.SiteSecret.New(CaptchaCluster.Sites.SiteKey.New());
        Assert.Equal("invalid-input-secret", (await gateway.VerifyAsync(unknown, "x")).Codes);
    }

    [Fact]
    public async Task Another_secret_of_the_site_is_invalid()
    {
        TestSite site = await gateway.CreateSiteAsync();
        CaptchaCluster.Sites.SiteKey.TryParse(site.Key, out CaptchaCluster.Sites.SiteKey key);
        Assert.Equal("invalid-input-secret", (await gateway.VerifyAsync(CaptchaCluster.Sites.SiteSecret.New(key), await gateway.MintAsync(site))).Codes);
    }

    [Fact]
    public async Task A_token_that_is_not_ours_is_invalid()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        string[] damaged = ["x", token[..^1], token + "A", token[1..], " " + token, token[..^6] + "AAAAAA", new string('A', 2049), new string('A', 10_000)];
        foreach (string wrong in damaged) Assert.Equal("""{"success":false,"error-codes":["invalid-input-response"]}""", (await gateway.VerifyAsync(site.Secret, wrong)).Text);
        Assert.True((await gateway.VerifyAsync(site.Secret, token)).Success);
    }

    [Fact]
    [Trait("Invariant", "I6")]
    public async Task Another_sites_token_is_a_site_mismatch_and_stays_unspent()
    {
        TestSite mine = await gateway.CreateSiteAsync();
        TestSite other = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(other);
        Assert.Equal("""{"success":false,"error-codes":["invalid-input-response","site-mismatch"]}""", (await gateway.VerifyAsync(mine.Secret, token)).Text);
        Assert.True((await gateway.VerifyAsync(other.Secret, token)).Success);
    }

    [Fact]
    [Trait("Invariant", "I6")]
    public async Task A_named_sitekey_must_be_the_tokens()
    {
        TestSite site = await gateway.CreateSiteAsync();
        TestSite other = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        Assert.Equal("invalid-input-response,site-mismatch", (await gateway.VerifyAsync(site.Secret, token, ("sitekey", other.Key))).Codes);
        Assert.Equal("invalid-input-response,site-mismatch", (await gateway.VerifyAsync(site.Secret, token, ("sitekey", "nonsense"))).Codes);
        Assert.True((await gateway.VerifyAsync(site.Secret, token, ("sitekey", site.Key))).Success);
    }

    [Fact]
    [Trait("Invariant", "I6")]
    public async Task A_hostname_outside_the_sites_is_a_mismatch_only_where_enforced()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site, """{"hostname":"example.org"}""");
        Assert.Equal("""{"success":false,"error-codes":["invalid-input-response","hostname-mismatch"]}""", (await gateway.VerifyAsync(site.Secret, token)).Text);
        await gateway.PatchAsync(site, """{"enforce_hostname":false}""");
        Assert.True((await gateway.VerifyAsync(site.Secret, token)).Success);
    }

    [Fact]
    public async Task A_listed_hostname_covers_its_subdomains()
    {
        TestSite site = await gateway.CreateSiteAsync();
        Assert.True((await gateway.VerifyAsync(site.Secret, await gateway.MintAsync(site, """{"hostname":"WWW.example.com"}"""))).Success);
    }

    [Theory]
    [Trait("Invariant", "I6")]
    [InlineData("203.0.113.7", "203.0.113.7", true)]
    [InlineData("203.0.113.7", "203.0.113.7:51234", true)]
    [InlineData("203.0.113.7", "::ffff:203.0.113.7", true)]
    [InlineData("2001:db8::1", "[2001:0db8:0:0::1]:443", true)]
    [InlineData("203.0.113.7", "203.0.113.8", false)]
    [InlineData("203.0.113.7", "nonsense", false)]
    [InlineData("203.0.113.7", "", false)]
    public async Task A_bound_token_needs_its_visitors_address(string minted, string sent, bool verifies)
    {
        TestSite site = await gateway.CreateSiteAsync("""{"hostnames":["example.com"],"ip_binding":"enforce"}""");
        string token = await gateway.MintAsync(site, $$"""{"client_ip":"{{minted}}"}""");
        Reply reply = await gateway.VerifyAsync(site.Secret, token, ("remoteip", sent));
        Assert.Equal(verifies ? "" : "invalid-input-response,ip-mismatch", reply.Codes);
        if (!verifies) Assert.True((await gateway.VerifyAsync(site.Secret, token, ("remoteip", minted))).Success);
    }

    [Fact]
    public async Task The_address_is_ignored_where_the_site_binds_none()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site, """{"client_ip":"203.0.113.7"}""");
        Assert.True((await gateway.VerifyAsync(site.Secret, token, ("remoteip", "198.51.100.1"))).Success);
    }

    [Fact]
    [Trait("Invariant", "I1")]
    public async Task A_token_is_redeemed_once()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        Assert.True((await gateway.VerifyAsync(site.Secret, token)).Success);
        Assert.Equal(
            """{"success":false,"error-codes":["timeout-or-duplicate"],"reason":"duplicate","challenge_ts":"2026-11-20T22:15:00Z","hostname":"example.com"}""",
            (await gateway.VerifyAsync(site.Secret, token)).Text);
    }

    [Fact]
    [Trait("Invariant", "I1")]
    public async Task Of_many_attempts_at_once_one_succeeds()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        Reply[] replies = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => gateway.VerifyAsync(site.Secret, token)));
        Assert.Single(replies, reply => reply.Success);
        Assert.All(replies.Where(reply => !reply.Success), reply => Assert.Equal("duplicate", reply.String("reason")));
    }

    [Fact]
    [Trait("Invariant", "I3")]
    public async Task The_same_idempotency_key_gets_success_again_and_another_does_not()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        Reply first = await gateway.VerifyAsync(site.Secret, token, ("idempotency_key", "order 17"));
        Reply again = await gateway.VerifyAsync(site.Secret, token, ("idempotency_key", "order 17"));
        Reply other = await gateway.VerifyAsync(site.Secret, token, ("idempotency_key", "order 18"));
        Reply empty = await gateway.VerifyAsync(site.Secret, token, ("idempotency_key", ""));
        Assert.True(first.Success);
        Assert.Equal(first.Text, again.Text);
        Assert.Equal("duplicate", other.String("reason"));
        Assert.Equal("duplicate", empty.String("reason"));
    }

    [Fact]
    public async Task An_empty_idempotency_key_counts_as_none()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        Assert.True((await gateway.VerifyAsync(site.Secret, token, ("idempotency_key", ""))).Success);
        Assert.Equal("duplicate", (await gateway.VerifyAsync(site.Secret, token, ("idempotency_key", ""))).String("reason"));
    }

    [Fact]
    public async Task An_idempotency_key_may_have_128_characters_and_no_more()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        Assert.Equal("""{"success":false,"error-codes":["bad-request"]}""", (await gateway.VerifyAsync(site.Secret, token, ("idempotency_key", new string('k', 129)))).Text);
        Assert.True((await gateway.VerifyAsync(site.Secret, token, ("idempotency_key", new string('ü', 128)))).Success);
    }
}
