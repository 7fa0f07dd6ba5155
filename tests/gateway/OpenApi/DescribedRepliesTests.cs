using CaptchaCluster.Gateway.Dialects;

namespace CaptchaCluster.Tests.Gateway.OpenApi;

/// <summary>Real replies, each held against the schema that the description gives for its call and status.</summary>
public sealed class DescribedRepliesTests : IAsyncLifetime
{
    // Their ledger, or a file that cannot be foretold, would have to fail; their bodies are held against the schemas below.
    private static readonly string[] NotProvoked =
    [
        .. from dialect in KnownDialects.All
           from path in dialect.Paths
           from method in dialect.HasGet ? new[] { "POST", "GET" } : ["POST"]
           select $"{method} {Operation.Of(method, path.Template).Path} 503",
        "GET /healthz/ready 503",
        "POST /admin/v1/sites 503",
        "POST /admin/v1/sites/{}/tokens 503",
        "POST /v1/management/sites 503",
        "POST /admin/v1/tokens/inspect 503",
        "POST /v1/redeem-nonce 503",
        "POST /admin/v1/backup 503",
        "POST /v1/server/challenge/issue 503",
    ];

    private DescribedCalls calls = null!;

    public async Task InitializeAsync() => calls = await DescribedCalls.StartAsync();

    public async Task DisposeAsync() => await calls.DisposeAsync();

    [Fact]
    public async Task Every_described_reply_comes_as_described()
    {
        await new PublicReplies(calls).ProvokeAsync();
        await new AdminReplies(calls).ProvokeAsync();

        IEnumerable<string> described =
            from item in calls.Description.Operations
            from response in item.Content.GetProperty("responses").EnumerateObject()
            where response.Name != "default"
            select $"{item.Operation.Method} {item.Operation.Path} {response.Name}";
        Assert.Equal(NotProvoked.Order(StringComparer.Ordinal), described.Except(calls.Seen).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("POST", "/siteverify", """{"success":false,"error-codes":["internal-error"]}""")]
    [InlineData("POST", "/hcaptcha/siteverify", """{"success":false,"error-codes":["internal-error"]}""")]
    [InlineData("POST", "/api/v2/captcha/siteverify", """{"success":false,"error":{"error_code":"internal_server_error","detail":"d"}}""")]
    [InlineData("POST", "/{sitekey}/siteverify", """{"success":false,"error":"e"}""")]
    [InlineData("POST", "/v1/validate", """{"code":503,"msg":"m","error":"unknown_error","data":{"valid":false,"error":"unknown_error"}}""")]
    [InlineData("POST", "/v1/projects/{project}/assessments", """{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}""")]
    [InlineData("GET", "/healthz/ready", """{"status":"not-ready"}""")]
    [InlineData("POST", "/admin/v1/tokens/inspect", """{"error":"internal-error","message":"m"}""")]
    [InlineData("POST", "/admin/v1/backup", """{"error":"audit-unavailable","message":"m"}""")]
    [InlineData("POST", "/admin/v1/sites/{sitekey}/tokens", """{"error":"audit-unavailable","message":"m"}""")]
    [InlineData("POST", "/v1/redeem-nonce", """{"error":"internal-error","message":"m"}""")]
    [InlineData("POST", "/admin/v1/sites/{sitekey}/tokens", """{"error":"internal-error","message":"m"}""")]
    [InlineData("POST", "/v1/server/challenge/issue", """{"code":503,"msg":"m","error":"unknown_error","data":{"error":"unknown_error"}}""")]
    public void What_was_not_provoked_is_described_too(string method, string path, string body) => Assert.Null(Complaint(method, path, 503, body));

    [Theory]
    [InlineData("POST", "/siteverify", 200, """{"success":true,"error-codes":[]}""")]
    [InlineData("POST", "/siteverify", 200, """{"success":false,"error-codes":["internal-error"]}""")]
    [InlineData("POST", "/siteverify", 200, """{"success":true,"challenge_ts":"yesterday","hostname":"a","error-codes":[]}""")]
    [InlineData("POST", "/siteverify", 200, """{"success":true,"challenge_ts":"2026-11-20T22:15:00Z","hostname":null,"error-codes":[]}""")]
    [InlineData("POST", "/hcaptcha/siteverify", 200, """{"success":false,"error-codes":["timeout-or-duplicate"]}""")]
    [InlineData("POST", "/api/v2/captcha/siteverify", 400, """{"success":false,"error":{"error_code":"response_invalid","detail":"d"}}""")]
    [InlineData("POST", "/{sitekey}/siteverify", 200, """{"success":true,"hostname":"h"}""")]
    [InlineData("POST", "/v1/validate", 400, """{"code":0,"msg":"m","data":{"valid":false,"error":"invalid_token"}}""")]
    [InlineData("POST", "/v1/validate", 200, """{"code":0,"msg":"ok","data":{"valid":false,"challenge_id":"ch_AAAAAAAAAAAAAAAAAAAAAA","captcha_args":{"hostname":"h","solved_at":1}}}""")]
    [InlineData("POST", "/v1/projects/{project}/assessments", 200, """{"tokenProperties":{"valid":false,"invalidReason":"EXPIRY"}}""")]
    [InlineData("POST", "/admin/v1/tokens/inspect", 200, """{"mac_ok":true,"state":"spent"}""")]
    [InlineData("POST", "/admin/v1/tokens/inspect", 200, """{"mac_ok":true,"state":"unspent","m":"x"}""")]
    [InlineData("GET", "/admin/v1/keys", 200, """{"keys":[{"kid":"K1","signs":true}]}""")]
    [InlineData("GET", "/admin/v1/audit", 200, """{"entries":[{"seq":1,"time":"2026-11-20T22:15:00Z","phase":"ended","action":"tokens.make"}],"first":1,"last":1}""")]
    [InlineData("GET", "/admin/v1/sites", 404, """{"error":"Not Found","message":"m"}""")]
    public void A_reply_that_is_not_as_described_is_told(string method, string path, int status, string body) =>
        Assert.NotNull(Complaint(method, path, status, body));

    private string? Complaint(string method, string path, int status, string body)
    {
        using HttpResponseMessage headers = new();
        return calls.Description.Complaint(Operation.Of(method, path), new Reply(status, body, "application/json", headers.Headers, headers.Content.Headers));
    }
}
