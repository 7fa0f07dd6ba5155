namespace CaptchaCluster.Tests.Gateway.Dialects;

/// <summary>What is each dialect's own: where it looks for credentials and fields. How verdicts are worded is in the crosswalk.</summary>
public sealed class PeerTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    private readonly TestGateway gateway = shared.Gateway;

    public static TheoryData<string> Peers => [.. PeerCall.All.Select(peer => peer.Dialect.Name)];

    [Theory]
    [MemberData(nameof(Peers))]
    [Trait("Invariant", "I1")]
    public async Task A_token_is_redeemed_once_whatever_the_dialect(string name)
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        Reply first = await AskAsync(name, site, token), second = await AskAsync(name, site, token);
        Assert.Equal(200, first.Status);
        Assert.True(IsValid(first), first.Text);
        Assert.False(IsValid(second), second.Text);
        Assert.Equal("duplicate", (await gateway.VerifyAsync(site.Secret, token)).String("reason"));
    }

    [Theory]
    [MemberData(nameof(Peers))]
    [Trait("Invariant", "I6")]
    public async Task Nothing_that_is_refused_spends_the_token(string name)
    {
        TestSite site = await gateway.CreateSiteAsync(), other = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        foreach (TestSite wrong in new[] { other, site with { Secret = "x" }, site with { Secret = other.Secret }, site with { Secret = "" } })
            Assert.False(IsValid(await AskAsync(name, wrong, token)));
        Assert.True(IsValid(await AskAsync(name, site, token)));
    }

    [Theory]
    [MemberData(nameof(Peers))]
    [Trait("Invariant", "I8")]
    public async Task A_rotated_secret_and_a_disabled_site_are_refused_at_once(string name)
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        string secret = (await gateway.RotateAsync(site)).String("secret");
        Assert.Contains((await AskAsync(name, site, token)).Status, new[] { 401, 403 });
        await gateway.PatchAsync(site, """{"disabled":true}""");
        Assert.Contains((await AskAsync(name, site with { Secret = secret }, token)).Status, new[] { 401, 403, 404 });
        await gateway.PatchAsync(site, """{"disabled":false}""");
        Assert.True(IsValid(await AskAsync(name, site with { Secret = secret }, token)));
    }

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task A_get_is_never_a_verification(string name)
    {
        using HttpRequestMessage request = PeerCall.Named(name).Request(await gateway.CreateSiteAsync(), "x");
        request.Method = HttpMethod.Get;
        request.Content = null;
        Reply reply = await Reply.ReadAsync(await gateway.Public.SendAsync(request));
        Assert.Equal((405, "POST"), (reply.Status, string.Join(',', reply.ContentHeaders.Allow)));
        Assert.Contains("Send a POST.", reply.Text);
    }

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task Forms_and_the_query_are_understood_as_json_is(string name)
    {
        TestSite site = await gateway.CreateSiteAsync();
        string field = name switch { "captchala" => "pass_token", "recaptcha-enterprise" => "token", _ => "response" };
        foreach (bool inQuery in new[] { false, true })
        {
            string token = await gateway.MintAsync(site);
            List<KeyValuePair<string, string>> fields = [new(field, token)];
            if (name == "cap") fields.Add(new("secret", site.Secret));
            using HttpRequestMessage request = PeerCall.Named(name).Request(site, token);
            request.Content = inQuery ? null : new FormUrlEncodedContent(fields);
            if (inQuery) request.RequestUri = new Uri(request.RequestUri + "?" + string.Join('&', fields.Select(one => $"{one.Key}={one.Value}")), UriKind.Relative);
            Assert.True(IsValid(await Reply.ReadAsync(await gateway.Public.SendAsync(request))));
        }
    }

    [Theory]
    [MemberData(nameof(Peers))]
    [Trait("Invariant", "I3")]
    public async Task An_idempotency_key_works_where_the_body_has_room_for_it(string name)
    {
        if (name == "recaptcha-enterprise") return; // its body has a form of its own
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        foreach ((string key, bool valid) in new[] { ("order-66", true), ("order-66", true), ("order-67", false) })
        {
            using HttpRequestMessage request = PeerCall.Named(name).Request(site, token);
            request.RequestUri = new Uri($"{request.RequestUri}?idempotency_key={key}", UriKind.Relative);
            Assert.Equal(valid, IsValid(await Reply.ReadAsync(await gateway.Public.SendAsync(request))));
        }
    }

    [Theory]
    [InlineData("POST", "/foo/siteverify", 404)]
    [InlineData("POST", "/turnstile/siteverify", 404)]
    [InlineData("POST", "/cpt_pub_x/y/siteverify", 404)]
    [InlineData("POST", "/v1/projects/assessments", 404)]
    [InlineData("GET", "/healthz/live", 200)]
    [InlineData("POST", "/v1/siteverify", 200)]
    [InlineData("POST", "/V1/SiteVerify/", 200)]
    [InlineData("POST", "/hcaptcha/siteverify", 200)]
    [InlineData("POST", "/api/v2/captcha/siteverify/", 401)]
    [InlineData("POST", "/cpt_pub_x/siteverify", 400)]
    [InlineData("POST", "/v1/projects/p/assessments/", 401)]
    public async Task No_dialect_stands_before_another(string method, string path, int status)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), path);
        Assert.Equal(status, (await Reply.ReadAsync(await gateway.Public.SendAsync(request))).Status);
    }

    [Fact]
    public async Task Hcaptcha_inverts_the_score_and_wants_the_sitekey_of_the_secret()
    {
        TestSite site = await gateway.CreateSiteAsync(), other = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site, """{"score":0.9,"action":"a"}""");
        Assert.Equal(
            """{"success":false,"error-codes":["sitekey-secret-mismatch"]}""",
            (await gateway.PostAsync("/hcaptcha/siteverify", Form(("secret", site.Secret), ("response", token), ("sitekey", other.Key)))).Text);
        Assert.Equal(
            """{"success":true,"challenge_ts":"2026-11-20T22:15:00Z","hostname":"example.com","score":0.1,"error-codes":[]}""",
            (await gateway.PostAsync("/hcaptcha/siteverify", Form(("secret", site.Secret), ("response", token), ("sitekey", site.Key)))).Text);
        Assert.Equal(
            """{"success":false,"error-codes":["already-seen-response"]}""",
            (await gateway.PostAsync("/hcaptcha/siteverify", Form(("secret", site.Secret), ("response", token)))).Text);
    }

    [Fact]
    public async Task Friendly_tells_a_wrong_sitekey_from_a_foreign_token()
    {
        TestSite site = await gateway.CreateSiteAsync(), other = await gateway.CreateSiteAsync();
        string mine = await gateway.MintAsync(site), foreign = await gateway.MintAsync(other);
        Reply misconfigured = await SendAsync(PeerCall.Post("/api/v2/captcha/siteverify", new { response = mine, sitekey = other.Key }, ("X-API-Key", site.Secret)));
        Reply visitors = await SendAsync(PeerCall.Post("/api/v2/captcha/siteverify", new { response = foreign, sitekey = site.Key }, ("X-API-Key", site.Secret)));
        Assert.Equal((400, "sitekey_invalid"), (misconfigured.Status, misconfigured.Json.GetProperty("error").GetProperty("error_code").GetString()));
        Assert.Equal((200, "response_invalid"), (visitors.Status, visitors.Json.GetProperty("error").GetProperty("error_code").GetString()));
    }

    [Fact]
    [Trait("Invariant", "I6")]
    public async Task Captchala_looks_without_spending()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site, """{"action":"login"}""");
        for (int i = 0; i < 3; i++) Assert.Equal((200, true), Valid(await ValidateAsync(site, new { pass_token = token, keep_token = true })));
        Assert.Equal((200, true), Valid(await ValidateAsync(site, new { pass_token = token, keep_token = false })));
        Reply spent = await ValidateAsync(site, new { pass_token = token, keep_token = true });
        Assert.Equal((400, false), Valid(spent));
        Assert.Equal(("token_consumed", "token_consumed", 0), (spent.Error, spent.Json.GetProperty("data").GetProperty("error").GetString(), spent.Json.GetProperty("code").GetInt32()));
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public async Task Captchala_looks_by_a_secret_that_is_valid_now()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        string secret = (await gateway.RotateAsync(site)).String("secret");
        Reply old = await ValidateAsync(site, new { pass_token = token, keep_token = true });
        Assert.Equal((401, 401, "invalid_app_secret"), (old.Status, old.Json.GetProperty("code").GetInt32(), old.Error));
        await gateway.PatchAsync(site, """{"disabled":true}""");
        Reply disabled = await ValidateAsync(site with { Secret = secret }, new { pass_token = token, keep_token = true });
        Assert.Equal((401, "app_disabled"), (disabled.Status, disabled.Error));
    }

    [Fact]
    public async Task Captchala_takes_an_unreadable_keep_token_for_a_mistake()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        Assert.Equal((400, "bad_request"), StatusAndError(await ValidateAsync(site, new { pass_token = token, keep_token = "yes" })));
        Assert.Equal((200, true), Valid(await ValidateAsync(site, new { pass_token = token })));
    }

    [Fact]
    public async Task Captchala_compares_addresses_only_where_the_site_binds_them_and_names_what_differs()
    {
        TestSite soft = await gateway.CreateSiteAsync(), bound = await gateway.CreateSiteAsync("""{"hostnames":["example.com"],"ip_binding":"enforce"}""");
        const string claims = """{"client_ip":"203.0.113.7","action":"login","uid":"17"}""";
        Assert.Equal((200, true), Valid(await ValidateAsync(soft, new { pass_token = await gateway.MintAsync(soft, claims), client_ip = "198.51.100.1" })));
        string token = await gateway.MintAsync(bound, claims);
        Assert.Equal((400, "token_ip_mismatch"), StatusAndError(await ValidateAsync(bound, new { pass_token = token, client_ip = "198.51.100.1" })));
        Assert.Equal((400, "token_action_mismatch"), StatusAndError(await ValidateAsync(bound, new { pass_token = token, client_ip = "203.0.113.7", action = "x" })));
        Assert.Equal((400, "token_uid_mismatch"), StatusAndError(await ValidateAsync(bound, new { pass_token = token, client_ip = "203.0.113.7", uid = "18" })));
        Assert.Equal((200, true), Valid(await ValidateAsync(bound, new { pass_token = token, client_ip = "203.0.113.7", action = "login", uid = "17" })));
    }

    [Fact]
    public async Task Captchala_tells_which_half_of_the_credentials_is_wrong()
    {
        TestSite site = await gateway.CreateSiteAsync(), other = await gateway.CreateSiteAsync();
        Assert.Equal((401, "invalid_app_key"), StatusAndError(await ValidateAsync(site with { Key = "app" }, new { pass_token = "x" })));
        Assert.Equal((401, "invalid_app_key"), StatusAndError(await ValidateAsync(site with { Key = "" }, new { pass_token = "x" })));
        Assert.Equal((401, "invalid_app_secret"), StatusAndError(await ValidateAsync(site with { Key = other.Key }, new { pass_token = "x" })));
        Assert.Equal((401, "invalid_app_secret"), StatusAndError(await ValidateAsync(site with { Secret = "" }, new { pass_token = "x" })));
        Assert.Equal((400, "empty_token"), StatusAndError(await ValidateAsync(site, new { })));
    }

    [Fact]
    public async Task Enterprise_takes_the_secret_from_three_places_and_compares_the_action()
    {
        TestSite site = await gateway.CreateSiteAsync();
        const string path = "/v1/projects/my-project/assessments";
        string token = await gateway.MintAsync(site, """{"action":"login","score":0.7}""");
        Reply action = await SendAsync(PeerCall.Post($"{path}?key={site.Secret}", new { @event = new { token, siteKey = site.Key, expectedAction = "pay" } }));
        Assert.Equal("UNEXPECTED_ACTION", action.Json.GetProperty("tokenProperties").GetProperty("invalidReason").GetString());
        Reply valid = await SendAsync(PeerCall.Post(path, new { @event = new { token, siteKey = site.Key, expectedAction = "login" } }, ("Authorization", $"Bearer {site.Secret}")));
        Assert.True(IsValid(valid), valid.Text);
        Assert.Equal(0.7, valid.Json.GetProperty("riskAnalysis").GetProperty("score").GetDouble());
        Reply duplicate = await SendAsync(PeerCall.Post(path, new { @event = new { token } }, ("X-Goog-Api-Key", site.Secret)));
        Assert.Equal("DUPE", duplicate.Json.GetProperty("tokenProperties").GetProperty("invalidReason").GetString());
    }

    [Fact]
    public async Task Cap_tells_unknown_sites_from_wrong_secrets()
    {
        TestSite site = await gateway.CreateSiteAsync(), other = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        Assert.Equal((404, "Invalid site key or secret"), StatusAndError(await AskAsync("cap", site with { Key = "cpt_pub_" + new string('0', 32) }, token)));
        Assert.Equal((403, "Invalid site key or secret"), StatusAndError(await AskAsync("cap", site with { Key = other.Key }, token)));
        Assert.Equal((404, "Invalid site key or secret"), StatusAndError(await AskAsync("cap", other, token)));
        Assert.Equal((404, "Token not found"), StatusAndError(await AskAsync("cap", site, "x")));
        Assert.Equal("""{"success":true}""", (await AskAsync("cap", site, token)).Text);
    }

    private static bool IsValid(Reply reply) =>
        reply.Status == 200 && (reply.Text.Contains("\"success\":true") || reply.Text.Contains("\"valid\":true"));

    private static (int Status, bool Valid) Valid(Reply reply) => (reply.Status, reply.Json.GetProperty("data").GetProperty("valid").GetBoolean());

    private static (int Status, string Error) StatusAndError(Reply reply) => (reply.Status, reply.Error);

    private static FormUrlEncodedContent Form(params (string Name, string Value)[] fields) =>
        new(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));

    private Task<Reply> AskAsync(string name, TestSite caller, string token) => SendAsync(PeerCall.Named(name).Request(caller, token));

    private Task<Reply> ValidateAsync(TestSite site, object body) =>
        SendAsync(PeerCall.Post("/v1/validate", body, ("X-App-Key", site.Key), ("X-App-Secret", site.Secret)));

    private async Task<Reply> SendAsync(HttpRequestMessage request)
    {
        using (request) return await Reply.ReadAsync(await gateway.Public.SendAsync(request));
    }
}
