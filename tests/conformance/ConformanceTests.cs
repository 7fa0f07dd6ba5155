namespace CaptchaCluster.Tests.Conformance;

/// <summary>
/// What the peers' own clients make of our answers. They differ: which code a client shows, and what it does where there is no
/// answer, is its own affair; that none but a valid token is accepted is ours.
/// </summary>
public sealed class ConformanceTests(PeersGateway gateway) : IClassFixture<PeersGateway>
{
    [ClientTheory("google-recaptcha")]
    [InlineData(Scenario.Success, """{"accepted":true,"hostname":"example.com"}""")]
    [InlineData(Scenario.WrongSecret, """{"error":"Failed to verify: invalid-input-secret"}""")]
    [InlineData(Scenario.RotatedSecret, """{"error":"Failed to verify: invalid-input-secret"}""")]
    [InlineData(Scenario.Duplicate, """{"error":"Failed to verify: timeout-or-duplicate"}""")]
    [InlineData(Scenario.Expired, """{"error":"Failed to verify: timeout-or-duplicate"}""")]
    [InlineData(Scenario.Malformed, """{"error":"Failed to verify: invalid-input-response"}""")]
    [InlineData(Scenario.OtherSite, """{"error":"Failed to verify: invalid-input-response, site-mismatch"}""")]
    [InlineData(Scenario.Down, """{"thrown":"TypeError"}""")]
    public Task Google_recaptcha(Scenario scenario, string said) => SaysAsync("google-recaptcha", "/recaptcha/api/siteverify", scenario, said);

    [ClientTheory("google-recaptcha")]
    [InlineData(Scenario.Success, """{"accepted":true,"hostname":"example.com"}""")]
    [InlineData(Scenario.WrongSecret, """{"error":"Failed to verify: invalid-input-secret"}""")]
    [InlineData(Scenario.Duplicate, """{"error":"Failed to verify: already-seen-response"}""")]
    [InlineData(Scenario.Expired, """{"error":"Failed to verify: expired-input-response"}""")]
    [InlineData(Scenario.Malformed, """{"error":"Failed to verify: invalid-input-response"}""")]
    [InlineData(Scenario.OtherSite, """{"error":"Failed to verify: sitekey-secret-mismatch"}""")]
    public Task Google_recaptcha_at_hcaptchas_path(Scenario scenario, string said) => SaysAsync("google-recaptcha", "/hcaptcha/siteverify", scenario, said);

    [ClientTheory("recaptcha2")]
    [InlineData(Scenario.Success, """{"accepted":true}""")]
    [InlineData(Scenario.WrongSecret, """{"codes":["invalid-input-secret"]}""")]
    [InlineData(Scenario.RotatedSecret, """{"codes":["invalid-input-secret"]}""")]
    [InlineData(Scenario.Duplicate, """{"codes":["timeout-or-duplicate"]}""")]
    [InlineData(Scenario.Expired, """{"codes":["timeout-or-duplicate"]}""")]
    [InlineData(Scenario.Malformed, """{"codes":["invalid-input-response"]}""")]
    [InlineData(Scenario.OtherSite, """{"codes":["invalid-input-response","site-mismatch"]}""")]
    [InlineData(Scenario.Down, """{"codes":["request-error"]}""")]
    public Task Recaptcha2(Scenario scenario, string said) => SaysAsync("recaptcha2", "/siteverify", scenario, said);

    /// <summary>GET, with everything in the query.</summary>
    [ClientTheory("ruby-recaptcha")]
    [InlineData(Scenario.Success, """{"accepted":true}""")]
    [InlineData(Scenario.WrongSecret, """{"accepted":false}""")]
    [InlineData(Scenario.RotatedSecret, """{"accepted":false}""")]
    [InlineData(Scenario.Duplicate, """{"accepted":false}""")]
    [InlineData(Scenario.Expired, """{"accepted":false}""")]
    [InlineData(Scenario.Malformed, """{"accepted":false}""")]
    [InlineData(Scenario.OtherSite, """{"accepted":false}""")]
    [InlineData(Scenario.Down, """{"raised":"Recaptcha::RecaptchaError"}""")]
    public Task Ruby_recaptcha(Scenario scenario, string said) => SaysAsync("ruby-recaptcha", "/recaptcha/api/siteverify", scenario, said);

    /// <summary>It finds the hostname missing in every refusal, beside what we say.</summary>
    [ClientTheory("php-google-recaptcha")]
    [InlineData(Scenario.Success, """{"accepted":true,"codes":[]}""")]
    [InlineData(Scenario.WrongSecret, """{"accepted":false,"codes":["invalid-input-secret","hostname-mismatch"]}""")]
    [InlineData(Scenario.RotatedSecret, """{"accepted":false,"codes":["invalid-input-secret","hostname-mismatch"]}""")]
    [InlineData(Scenario.Duplicate, """{"accepted":false,"codes":["timeout-or-duplicate"]}""")]
    [InlineData(Scenario.Expired, """{"accepted":false,"codes":["timeout-or-duplicate"]}""")]
    [InlineData(Scenario.Malformed, """{"accepted":false,"codes":["invalid-input-response","hostname-mismatch"]}""")]
    [InlineData(Scenario.OtherSite, """{"accepted":false,"codes":["invalid-input-response","site-mismatch","hostname-mismatch"]}""")]
    [InlineData(Scenario.Down, """{"accepted":false,"codes":["connection-failed","hostname-mismatch"]}""")]
    public Task Php_google_recaptcha(Scenario scenario, string said) => SaysAsync("php-google-recaptcha", "/recaptcha/api/siteverify", scenario, said);

    /// <summary>Not strict: accepts where the site's own configuration is wrong, and where nobody answers; so no visitor may bring that about.</summary>
    [ClientTheory("friendly")]
    [InlineData(Scenario.Success, """{"accepted":true,"able":true}""")]
    [InlineData(Scenario.WrongSecret, """{"accepted":true,"able":false,"error":"auth_invalid"}""")]
    [InlineData(Scenario.RotatedSecret, """{"accepted":true,"able":false,"error":"auth_invalid"}""")]
    [InlineData(Scenario.Duplicate, """{"accepted":false,"able":true,"error":"response_duplicate"}""")]
    [InlineData(Scenario.Expired, """{"accepted":false,"able":true,"error":"response_timeout"}""")]
    [InlineData(Scenario.Malformed, """{"accepted":false,"able":true,"error":"response_invalid"}""")]
    [InlineData(Scenario.OtherSite, """{"accepted":false,"able":true,"error":"response_invalid"}""")]
    [InlineData(Scenario.WrongSiteKey, """{"accepted":true,"able":false,"error":"sitekey_invalid"}""")]
    [InlineData(Scenario.Down, """{"accepted":true,"able":false}""")]
    public Task Friendly_captcha(Scenario scenario, string said) => SaysAsync("friendly", "", scenario, said, "lenient");

    [ClientTheory("friendly")]
    [InlineData(Scenario.Success, """{"accepted":true,"able":true}""")]
    [InlineData(Scenario.WrongSecret, """{"accepted":false,"able":false,"error":"auth_invalid"}""")]
    [InlineData(Scenario.Duplicate, """{"accepted":false,"able":true,"error":"response_duplicate"}""")]
    [InlineData(Scenario.OtherSite, """{"accepted":false,"able":true,"error":"response_invalid"}""")]
    [InlineData(Scenario.WrongSiteKey, """{"accepted":false,"able":false,"error":"sitekey_invalid"}""")]
    [InlineData(Scenario.Down, """{"accepted":false,"able":false}""")]
    public Task Friendly_captcha_strictly(Scenario scenario, string said) => SaysAsync("friendly", "", scenario, said, "strict");

    /// <summary>
    /// 503 is nobody's success. The Friendly Captcha client has no case for an answer of this kind, be it 500 or 503, and throws.
    /// </summary>
    [UndecidedTheory]
    [InlineData("google-recaptcha", "/recaptcha/api/siteverify", """{"error":"Bad response code: 503"}""")]
    [InlineData("recaptcha2", "/siteverify", """{"codes":["internal-error"]}""")]
    [InlineData("ruby-recaptcha", "/siteverify", """{"accepted":false}""")]
    [InlineData("php-google-recaptcha", "/siteverify", """{"accepted":false,"codes":["connection-failed","hostname-mismatch"]}""")]
    [InlineData("friendly", "", """{"accepted":"thrown","able":false,"error":"internal_server_error"}""")]
    public Task What_is_not_known_is_accepted_by_nobody(string client, string path, string said) =>
        SaysAsync(client, path, Scenario.Undecided, said, client == "friendly" ? "lenient" : null);

    /// <summary>A refusal for the site's own mistake leaves the visitor's token as it was (I6).</summary>
    [ClientTheory("google-recaptcha")]
    [InlineData(Scenario.Malformed)]
    [InlineData(Scenario.WrongSecret)]
    [Trait("Invariant", "I6")]
    public async Task What_a_client_was_refused_is_not_spent(Scenario scenario)
    {
        Call right = await gateway.PrepareAsync(Scenario.Success), wrong = await gateway.PrepareAsync(scenario);
        Call call = scenario == Scenario.Malformed ? right with { Token = right.Token[..^1] } : right with { Secret = wrong.Secret };
        Assert.StartsWith("""{"error":""", await ClientProgram.Named("google-recaptcha").RunAsync($"{call.Gateway}siteverify", call.Secret, call.Token));
        Assert.True(await gateway.IsUnspentAsync(right));
    }

    private async Task SaysAsync(string client, string path, Scenario scenario, string said, string? mode = null)
    {
        Call call = await gateway.PrepareAsync(scenario);
        string url = call.Gateway.GetLeftPart(UriPartial.Authority) + path;
        string[] more = mode is null ? ["example.com"] : [mode, call.SiteKey];
        Assert.Equal(said, await ClientProgram.Named(client).RunAsync([url, call.Secret, call.Token, .. more]));
    }
}
