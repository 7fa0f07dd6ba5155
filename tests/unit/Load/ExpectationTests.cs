using System.Text;
using CaptchaCluster.Tests.Load.Mix;

namespace CaptchaCluster.Tests.Unit.Load;

public sealed class ExpectationTests
{
    private const string Success = """{"success":true,"challenge_ts":"2026-11-20T22:15:00Z","hostname":"localhost","error-codes":[]}""";
    private const string Duplicate = """{"success":false,"error-codes":["timeout-or-duplicate"],"reason":"duplicate","hostname":"localhost"}""";
    private const string Expired = """{"success":false,"error-codes":["timeout-or-duplicate"],"reason":"expired","hostname":"localhost"}""";
    private const string InvalidToken = """{"success":false,"error-codes":["invalid-input-response"]}""";
    private const string InvalidSecret = """{"success":false,"error-codes":["invalid-input-secret"]}""";
    private const string Undecided = """{"success":false,"error-codes":["internal-error"]}""";

    [Theory]
    [InlineData(RequestKind.Fresh, Success)]
    [InlineData(RequestKind.Retry, Success)]
    [InlineData(RequestKind.Duplicate, Duplicate)]
    [InlineData(RequestKind.Forged, InvalidToken)]
    [InlineData(RequestKind.Expired, Expired)]
    [InlineData(RequestKind.WrongSecret, InvalidSecret)]
    internal void Of_each_kind_exactly_one_answer_is_right(RequestKind kind, string right)
    {
        string[] all = [Success, Duplicate, Expired, InvalidToken, InvalidSecret, Undecided, "", "<html>"];
        Assert.Equal([right], all.Where(body => Read(200, body) == Expectation.Of(kind)));
    }

    [Theory]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public void No_verdict_is_unknown_whatever_the_body_says(int status) => Assert.Equal(Answer.Unknown, Read(status, Success));

    [Theory]
    [InlineData(200, "")]
    [InlineData(200, "OK")]
    [InlineData(200, """{"success":false}""")]
    [InlineData(200, """{"success":false,"error-codes":["bad-request"]}""")]
    [InlineData(200, """{"success":false,"error-codes":["timeout-or-duplicate"]}""")]
    [InlineData(200, """{"success":false,"error-codes":["invalid-input-response","site-mismatch"]}""")]
    [InlineData(200, """{"success":false,"error-codes":["missing-input-secret"]}""")]
    [InlineData(200, Undecided)]
    [InlineData(201, Success)]
    [InlineData(400, InvalidToken)]
    [InlineData(405, Success)]
    [InlineData(500, Success)]
    public void What_the_api_never_answers_to_this_client_is_no_kind_s_right_answer(int status, string body)
    {
        Assert.Equal(Answer.Other, Read(status, body));
        Assert.DoesNotContain(Answer.Other, Expectation.Kinds.Select(Expectation.Of));
        Assert.DoesNotContain(Answer.Unknown, Expectation.Kinds.Select(Expectation.Of));
    }

    [Fact]
    public void What_a_visitor_put_into_a_token_is_not_taken_for_a_verdict()
    {
        const string refused = """{"success":false,"error-codes":["invalid-input-secret"],"cdata":"\"success\":true \"reason\":\"duplicate\""}""";
        Assert.Equal(Answer.InvalidSecret, Read(200, refused));
    }

    private static Answer Read(int status, string body) => AnswerReader.Read(status, Encoding.UTF8.GetBytes(body));
}
