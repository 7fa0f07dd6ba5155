using System.Text;
using System.Text.Json;
using CaptchaCluster.Gateway.Dialects;
using CaptchaCluster.Tests.Unit.Tokens;
using CaptchaCluster.Tokens;
using CaptchaCluster.Verification;

namespace CaptchaCluster.Tests.Unit.Dialects;

/// <summary>Every verdict in every dialect, status and body to the byte. A new kind of verdict fails here until it is in every table.</summary>
public sealed class CrosswalkTests
{
    private static readonly Dictionary<string, string> Tables = new()
    {
        ["siteverify"] = """
            Undecided             503 {"success":false,"error-codes":["internal-error"]}
            Success               200 {"success":true,"challenge_ts":"2027-01-15T08:00:00Z","hostname":"example.com","action":"login","cdata":"c","score":0.9,"platform":{"game_id":"g","score":null,"duration_ms":42},"error-codes":[]}
            BadRequest            200 {"success":false,"error-codes":["bad-request"]}
            MissingSecret         200 {"success":false,"error-codes":["missing-input-secret"]}
            MissingToken          200 {"success":false,"error-codes":["missing-input-response"]}
            MissingSecretAndToken 200 {"success":false,"error-codes":["missing-input-secret","missing-input-response"]}
            InvalidSecret         200 {"success":false,"error-codes":["invalid-input-secret"]}
            UnknownSite           200 {"success":false,"error-codes":["invalid-input-secret"]}
            SiteDisabled          200 {"success":false,"error-codes":["invalid-input-secret"]}
            InvalidToken          200 {"success":false,"error-codes":["invalid-input-response"]}
            OtherSite             200 {"success":false,"error-codes":["invalid-input-response","site-mismatch"]}
            SiteKeyMismatch       200 {"success":false,"error-codes":["invalid-input-response","site-mismatch"]}
            HostnameMismatch      200 {"success":false,"error-codes":["invalid-input-response","hostname-mismatch"]}
            IpMismatch            200 {"success":false,"error-codes":["invalid-input-response","ip-mismatch"]}
            ActionMismatch        200 {"success":false,"error-codes":["invalid-input-response","action-mismatch"]}
            UidMismatch           200 {"success":false,"error-codes":["invalid-input-response","uid-mismatch"]}
            Expired               200 {"success":false,"error-codes":["timeout-or-duplicate"],"reason":"expired","challenge_ts":"2027-01-15T08:00:00Z","hostname":"example.com"}
            Duplicate             200 {"success":false,"error-codes":["timeout-or-duplicate"],"reason":"duplicate","challenge_ts":"2027-01-15T08:00:00Z","hostname":"example.com"}
            """,
        ["hcaptcha"] = """
            Undecided             503 {"success":false,"error-codes":["internal-error"]}
            Success               200 {"success":true,"challenge_ts":"2027-01-15T08:00:00Z","hostname":"example.com","score":0.1,"error-codes":[]}
            BadRequest            200 {"success":false,"error-codes":["bad-request"]}
            MissingSecret         200 {"success":false,"error-codes":["missing-input-secret"]}
            MissingToken          200 {"success":false,"error-codes":["missing-input-response"]}
            MissingSecretAndToken 200 {"success":false,"error-codes":["missing-input-secret","missing-input-response"]}
            InvalidSecret         200 {"success":false,"error-codes":["invalid-input-secret"]}
            UnknownSite           200 {"success":false,"error-codes":["invalid-input-secret"]}
            SiteDisabled          200 {"success":false,"error-codes":["invalid-input-secret"]}
            InvalidToken          200 {"success":false,"error-codes":["invalid-input-response"]}
            OtherSite             200 {"success":false,"error-codes":["sitekey-secret-mismatch"]}
            SiteKeyMismatch       200 {"success":false,"error-codes":["sitekey-secret-mismatch"]}
            HostnameMismatch      200 {"success":false,"error-codes":["invalid-input-response","hostname-mismatch"]}
            IpMismatch            200 {"success":false,"error-codes":["invalid-remoteip"]}
            ActionMismatch        200 {"success":false,"error-codes":["invalid-input-response","action-mismatch"]}
            UidMismatch           200 {"success":false,"error-codes":["invalid-input-response","uid-mismatch"]}
            Expired               200 {"success":false,"error-codes":["expired-input-response"]}
            Duplicate             200 {"success":false,"error-codes":["already-seen-response"]}
            """,
        ["friendly"] = """
            Undecided             503 {"success":false,"error":{"error_code":"internal_server_error","detail":"The outcome is not known; ask again."}}
            Success               200 {"success":true,"data":{"event_id":"ev_AAAAAAAAAAEAAAAAAAAAAg","challenge":{"timestamp":"2027-01-15T08:00:00Z","origin":"example.com"}}}
            BadRequest            400 {"success":false,"error":{"error_code":"bad_request","detail":"The request cannot be parsed, or a field is over its limit."}}
            MissingSecret         401 {"success":false,"error":{"error_code":"auth_required","detail":"Send the site's secret in X-API-Key."}}
            MissingToken          400 {"success":false,"error":{"error_code":"response_missing","detail":"The field response is missing or empty."}}
            MissingSecretAndToken 401 {"success":false,"error":{"error_code":"auth_required","detail":"Send the site's secret in X-API-Key."}}
            InvalidSecret         401 {"success":false,"error":{"error_code":"auth_invalid","detail":"X-API-Key is no secret of an active site."}}
            UnknownSite           401 {"success":false,"error":{"error_code":"auth_invalid","detail":"X-API-Key is no secret of an active site."}}
            SiteDisabled          401 {"success":false,"error":{"error_code":"auth_invalid","detail":"X-API-Key is no secret of an active site."}}
            InvalidToken          200 {"success":false,"error":{"error_code":"response_invalid","detail":"The response is no token of ours."}}
            OtherSite             200 {"success":false,"error":{"error_code":"response_invalid","detail":"The response is a token of another site."}}
            SiteKeyMismatch       400 {"success":false,"error":{"error_code":"sitekey_invalid","detail":"The sitekey is not that of the X-API-Key."}}
            HostnameMismatch      200 {"success":false,"error":{"error_code":"response_invalid","detail":"The response was made for a hostname that the site does not list."}}
            IpMismatch            200 {"success":false,"error":{"error_code":"response_invalid","detail":"The response was made for another address."}}
            ActionMismatch        200 {"success":false,"error":{"error_code":"response_invalid","detail":"The response was made for another action."}}
            UidMismatch           200 {"success":false,"error":{"error_code":"response_invalid","detail":"The response was made for another user."}}
            Expired               200 {"success":false,"error":{"error_code":"response_timeout","detail":"The response is too old."}}
            Duplicate             200 {"success":false,"error":{"error_code":"response_duplicate","detail":"The response was verified before."}}
            """,
        ["cap"] = """
            Undecided             503 {"success":false,"error":"Internal server error"}
            Success               200 {"success":true}
            BadRequest            400 {"success":false,"error":"Invalid request"}
            MissingSecret         400 {"success":false,"error":"Missing required parameters"}
            MissingToken          400 {"success":false,"error":"Missing required parameters"}
            MissingSecretAndToken 400 {"success":false,"error":"Missing required parameters"}
            InvalidSecret         403 {"success":false,"error":"Invalid site key or secret"}
            UnknownSite           404 {"success":false,"error":"Invalid site key or secret"}
            SiteDisabled          404 {"success":false,"error":"Invalid site key or secret"}
            InvalidToken          404 {"success":false,"error":"Token not found"}
            OtherSite             404 {"success":false,"error":"Invalid site key or secret"}
            SiteKeyMismatch       404 {"success":false,"error":"Invalid site key or secret"}
            HostnameMismatch      403 {"success":false,"error":"Token is for another hostname"}
            IpMismatch            403 {"success":false,"error":"Token is for another address"}
            ActionMismatch        403 {"success":false,"error":"Token is for another action"}
            UidMismatch           403 {"success":false,"error":"Token is for another user"}
            Expired               403 {"success":false,"error":"Token expired"}
            Duplicate             404 {"success":false,"error":"Token not found"}
            """,
        ["captchala"] = """
            Undecided             503 {"code":503,"msg":"the outcome is not known; ask again","error":"unknown_error","data":{"valid":false,"error":"unknown_error"}}
            Success               200 {"code":0,"msg":"ok","data":{"valid":true,"challenge_id":"ch_AAAAAAAAAAEAAAAAAAAAAg","action":"login","captcha_args":{"hostname":"example.com","solved_at":1800000000,"risk_score":10}}}
            BadRequest            400 {"code":400,"msg":"the request cannot be parsed, or a field is over its limit","error":"bad_request","data":{"valid":false,"error":"bad_request"}}
            MissingSecret         401 {"code":401,"msg":"X-App-Secret is missing or not the secret of X-App-Key","error":"invalid_app_secret","data":{"valid":false,"error":"invalid_app_secret"}}
            MissingToken          400 {"code":0,"msg":"pass_token is missing or empty","error":"empty_token","data":{"valid":false,"error":"empty_token"}}
            MissingSecretAndToken 401 {"code":401,"msg":"X-App-Secret is missing or not the secret of X-App-Key","error":"invalid_app_secret","data":{"valid":false,"error":"invalid_app_secret"}}
            InvalidSecret         401 {"code":401,"msg":"X-App-Secret is missing or not the secret of X-App-Key","error":"invalid_app_secret","data":{"valid":false,"error":"invalid_app_secret"}}
            UnknownSite           401 {"code":401,"msg":"X-App-Key is missing or no sitekey of ours","error":"invalid_app_key","data":{"valid":false,"error":"invalid_app_key"}}
            SiteDisabled          401 {"code":401,"msg":"the site is disabled","error":"app_disabled","data":{"valid":false,"error":"app_disabled"}}
            InvalidToken          400 {"code":0,"msg":"no token of ours","error":"invalid_token","data":{"valid":false,"error":"invalid_token"}}
            OtherSite             400 {"code":0,"msg":"a token of another site","error":"invalid_token","data":{"valid":false,"error":"invalid_token"}}
            SiteKeyMismatch       400 {"code":0,"msg":"a token of another site","error":"invalid_token","data":{"valid":false,"error":"invalid_token"}}
            HostnameMismatch      400 {"code":0,"msg":"a token for a hostname that the site does not list","error":"invalid_token","data":{"valid":false,"error":"invalid_token"}}
            IpMismatch            400 {"code":0,"msg":"a token for another address","error":"token_ip_mismatch","data":{"valid":false,"error":"token_ip_mismatch"}}
            ActionMismatch        400 {"code":0,"msg":"a token for another action","error":"token_action_mismatch","data":{"valid":false,"error":"token_action_mismatch"}}
            UidMismatch           400 {"code":0,"msg":"a token for another user","error":"token_uid_mismatch","data":{"valid":false,"error":"token_uid_mismatch"}}
            Expired               400 {"code":0,"msg":"the token is too old","error":"token_expired","data":{"valid":false,"error":"token_expired"}}
            Duplicate             400 {"code":0,"msg":"the token was validated before","error":"token_consumed","data":{"valid":false,"error":"token_consumed"}}
            """,
        ["recaptcha-enterprise"] = """
            Undecided             503 {"error":{"code":503,"message":"The outcome is not known; ask again.","status":"UNAVAILABLE"}}
            Success               200 {"tokenProperties":{"valid":true,"hostname":"example.com","action":"login","createTime":"2027-01-15T08:00:00Z"},"riskAnalysis":{"score":0.9,"reasons":[]}}
            BadRequest            400 {"error":{"code":400,"message":"The request cannot be parsed, or a field is over its limit.","status":"INVALID_ARGUMENT"}}
            MissingSecret         401 {"error":{"code":401,"message":"Send the site's secret as key, X-Goog-Api-Key or bearer token.","status":"UNAUTHENTICATED"}}
            MissingToken          200 {"tokenProperties":{"valid":false,"invalidReason":"MISSING"}}
            MissingSecretAndToken 401 {"error":{"code":401,"message":"Send the site's secret as key, X-Goog-Api-Key or bearer token.","status":"UNAUTHENTICATED"}}
            InvalidSecret         401 {"error":{"code":401,"message":"The key is no secret of ours.","status":"UNAUTHENTICATED"}}
            UnknownSite           401 {"error":{"code":401,"message":"The key is no secret of ours.","status":"UNAUTHENTICATED"}}
            SiteDisabled          403 {"error":{"code":403,"message":"The site is disabled.","status":"PERMISSION_DENIED"}}
            InvalidToken          200 {"tokenProperties":{"valid":false,"invalidReason":"MALFORMED"}}
            OtherSite             200 {"tokenProperties":{"valid":false,"invalidReason":"SITE_MISMATCH"}}
            SiteKeyMismatch       200 {"tokenProperties":{"valid":false,"invalidReason":"SITE_MISMATCH"}}
            HostnameMismatch      200 {"tokenProperties":{"valid":false,"invalidReason":"UNKNOWN_INVALID_REASON","hostname":"example.com","action":"login","createTime":"2027-01-15T08:00:00Z"}}
            IpMismatch            200 {"tokenProperties":{"valid":false,"invalidReason":"UNKNOWN_INVALID_REASON","hostname":"example.com","action":"login","createTime":"2027-01-15T08:00:00Z"}}
            ActionMismatch        200 {"tokenProperties":{"valid":false,"invalidReason":"UNEXPECTED_ACTION","hostname":"example.com","action":"login","createTime":"2027-01-15T08:00:00Z"}}
            UidMismatch           200 {"tokenProperties":{"valid":false,"invalidReason":"UNKNOWN_INVALID_REASON","hostname":"example.com","action":"login","createTime":"2027-01-15T08:00:00Z"}}
            Expired               200 {"tokenProperties":{"valid":false,"invalidReason":"EXPIRED","hostname":"example.com","action":"login","createTime":"2027-01-15T08:00:00Z"}}
            Duplicate             200 {"tokenProperties":{"valid":false,"invalidReason":"DUPE","hostname":"example.com","action":"login","createTime":"2027-01-15T08:00:00Z"}}
            """,
    };

    // Where the verifier shows the token: wherever it was read and its secret was right.
    private static readonly HashSet<VerdictKind> WithToken =
    [
        VerdictKind.Success, VerdictKind.OtherSite, VerdictKind.SiteKeyMismatch, VerdictKind.HostnameMismatch, VerdictKind.IpMismatch,
        VerdictKind.ActionMismatch, VerdictKind.UidMismatch, VerdictKind.Expired, VerdictKind.Duplicate,
    ];

    private static readonly TokenClaims Plain = TokenSamples.Plain(new Random(1)) with { Id = new TokenId(1, 2) };

    private static readonly TokenClaims Rich = Plain with
    {
        Action = "login",
        CData = "c",
        Score = 0.9,
        Platform = new PlatformClaims("g", null, 42),
        Uid = "u",
    };

    public static TheoryData<string> DialectNames => [.. KnownDialects.All.Select(dialect => dialect.Name)];

    [Theory]
    [MemberData(nameof(DialectNames))]
    public void Every_verdict_is_worded_as_in_the_table(string name)
    {
        IDialect dialect = Named(name);
        PassToken token = Read(Rich);
        string worded = string.Join('\n', Enum.GetValues<VerdictKind>().Select(kind =>
        {
            (int status, string body) = Write(dialect, new Verdict(kind, WithToken.Contains(kind) ? token : null));
            return $"{kind,-21} {status} {body}";
        }));
        Assert.Equal(Tables[name].ReplaceLineEndings("\n"), worded);
    }

    [Fact]
    public void Every_dialect_has_a_table() => Assert.Equal(KnownDialects.All.Select(dialect => dialect.Name), Tables.Keys);

    [Theory]
    [InlineData("siteverify", """{"success":true,"challenge_ts":"2027-01-15T08:00:00Z","hostname":"example.com","error-codes":[]}""")]
    [InlineData("hcaptcha", """{"success":true,"challenge_ts":"2027-01-15T08:00:00Z","hostname":"example.com","error-codes":[]}""")]
    [InlineData("friendly", """{"success":true,"data":{"event_id":"ev_AAAAAAAAAAEAAAAAAAAAAg","challenge":{"timestamp":"2027-01-15T08:00:00Z","origin":"example.com"}}}""")]
    [InlineData("cap", """{"success":true}""")]
    [InlineData("captchala", """{"code":0,"msg":"ok","data":{"valid":true,"challenge_id":"ch_AAAAAAAAAAEAAAAAAAAAAg","captcha_args":{"hostname":"example.com","solved_at":1800000000}}}""")]
    [InlineData("recaptcha-enterprise", """{"tokenProperties":{"valid":true,"hostname":"example.com","createTime":"2027-01-15T08:00:00Z"}}""")]
    public void What_a_token_does_not_hold_is_left_out(string name, string body) =>
        Assert.Equal((200, body), Write(Named(name), new Verdict(VerdictKind.Success, Read(Plain))));

    [Theory]
    [MemberData(nameof(DialectNames))]
    public void Of_the_largest_token_the_answer_is_whole(string name)
    {
        TokenClaims largest = Rich with
        {
            Hostname = TokenSamples.HostnameOf($"{new string('a', 63)}.{new string('b', 63)}.{new string('c', 63)}.{new string('d', 61)}"),
            Action = new string('ü', TokenLimits.MaxActionLength),
            CData = new string('é', TokenLimits.MaxCDataLength),
            Score = 0.12345678901234566,
            Platform = new PlatformClaims(new string('g', 60), -1.7976931348623157E+308, long.MaxValue),
        };
        foreach (VerdictKind kind in Enum.GetValues<VerdictKind>())
            JsonDocument.Parse(Write(Named(name), new Verdict(kind, Read(largest))).Body);
    }

    [Theory]
    [InlineData(0, "1", "100")]
    [InlineData(1, "0", "0")]
    [InlineData(0.5, "0.5", "50")]
    [InlineData(0.7, "0.3", "30")]
    [InlineData(0.12345678901234566, "0.87654321098765434", "88")]
    [InlineData(1e-7, "0.9999999", "100")]
    [InlineData(5e-324, "1", "100")]
    public void A_score_is_turned_round_exactly(double minted, string risk, string percent)
    {
        Verdict verdict = new(VerdictKind.Success, Read(Plain with { Score = minted }));
        Assert.Contains($"\"score\":{risk},", Write(Named("hcaptcha"), verdict).Body);
        Assert.Contains($"\"risk_score\":{percent}}}", Write(Named("captchala"), verdict).Body);
    }

    [Theory]
    [MemberData(nameof(DialectNames))]
    public void The_test_token_is_worded_too(string name)
    {
        foreach (VerdictKind kind in new[] { VerdictKind.Success, VerdictKind.Duplicate })
            JsonDocument.Parse(Write(Named(name), new Verdict(kind, PassToken.Dummy(TokenSamples.Now))).Body);
    }

    private static IDialect Named(string name) => KnownDialects.All.Single(dialect => dialect.Name == name);

    private static PassToken Read(TokenClaims claims) => TokenSamples.Codec().Read(TokenSamples.Mint(TokenSamples.Codec(), claims))!;

    private static (int Status, string Body) Write(IDialect dialect, in Verdict verdict)
    {
        byte[] memory = new byte[JsonPieces.MaxLength];
        JsonPieces reply = new(memory);
        int status = dialect.Write(verdict, ref reply);
        return (status, Encoding.UTF8.GetString(memory, 0, reply.Length));
    }
}
