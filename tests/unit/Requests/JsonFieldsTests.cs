using System.Text;
using CaptchaCluster.Gateway.Dialects.Requests;

namespace CaptchaCluster.Tests.Unit.Requests;

public sealed class JsonFieldsTests
{
    [Theory]
    [InlineData("""{"secret":"s","response":"r"}""", "secret=[s] response=[r]")]
    [InlineData(""" { "SiteKey" : "w" , "remoteIp":"1", "idempotency_KEY":"k" } """, "remoteip=[1] idempotency_key=[k] sitekey=[w]")]
    [InlineData("""{"remote_ip":"1"}""", "remoteip=[1]")]
    [InlineData("""{"secret":""}""", "secret=[]")]
    [InlineData("""{"secret":null,"response":"r"}""", "response=[r]")]
    [InlineData("{}", "")]
    [InlineData("\ufeff{\"secret\":\"s\"}", "secret=[s]")]
    [InlineData("\ufeff{\"secret\":\"\\u0041\",\"response\":\"\\n\"}", "secret=[A] response=[\n]")]
    public void Members_are_fields(string body, string expected) => AssertReads(body, expected);

    [Theory]
    [InlineData("""{"x":1,"secret":"s"}""")]
    [InlineData("""{"x":[{"secret":"t"}],"secret":"s"}""")]
    [InlineData("""{"x":{"secret":"t","secret":1},"x":true,"secret":"s","x":null}""")]
    [InlineData("""{"x":-1.5e999999,"y":"\ud800","secret":"s"}""")]
    [InlineData("""{"\ud800secret":1,"\udc00":2,"secret":"s","\ud800\u0041":3}""")]
    [InlineData("""{"\u0073ecret\u0000":1,"secrets":2,"":3,"secret":"s"}""")]
    public void Unknown_members_are_skipped_whatever_they_are(string body) => AssertReads(body, "secret=[s]");

    [Theory]
    [InlineData("""{"secret":"a\"b\\c\/d\b\f\n\r\te"}""", "a\"b\\c/d\b\f\n\r\te")]
    [InlineData("""{"secret":"\u0041\u00e9\u20AC\ud83d\uDE00!"}""", "A\u00e9\u20ac\U0001F600!")]
    [InlineData("""{"\u0073\u0065\u0063\u0072\u0065\u0074":"s"}""", "s")]
    [InlineData("""{"SECRE\u0054":"\u0000"}""", "\0")]
    [InlineData("""{"secret":"\uffff\ue000\ud7ff"}""", "\uffff\ue000\ud7ff")]
    public void Escapes_are_decoded_in_names_and_values(string body, string expected) =>
        Assert.Equal(new Reading(ParseOutcome.Parsed, Secret: Reading.Bytes(expected)), Reading.Of(Reading.Json, body));

    [Theory]
    [InlineData("1")]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("[]")]
    [InlineData("""["s"]""")]
    [InlineData("{}")]
    public void A_known_member_is_a_string_or_null(string value) => AssertBad($$"""{"secret":{{value}}}""");

    [Theory]
    [InlineData("""{"secret":"a","secret":"a"}""")]
    [InlineData("""{"secret":"a","Secret":"b"}""")]
    [InlineData("""{"secret":"a","\u0073ecret":"b"}""")]
    [InlineData("""{"remoteip":"a","remote_ip":"a"}""")]
    [InlineData("""{"secret":null,"secret":"a"}""")]
    [InlineData("""{"secret":"a","secret":null}""")]
    public void A_field_named_twice_makes_the_request_bad(string body) => AssertBad(body);

    [Theory]
    [InlineData(" ")]
    [InlineData("\ufeff")]
    [InlineData("\ufeff\ufeff{}")]
    [InlineData("null")]
    [InlineData("\"secret\"")]
    [InlineData("[]")]
    [InlineData("""[{"secret":"s"}]""")]
    [InlineData("""{"secret":"s" """)]
    [InlineData("""{"secret":"s""")]
    [InlineData("""{"secret":"s"}}""")]
    [InlineData("""{"secret":"s"}{}""")]
    [InlineData("""{"secret":"s"} x""")]
    [InlineData("""{"secret":"s",}""")]
    [InlineData("""{"x":[1,],"secret":"s"}""")]
    [InlineData("""{"secret":"s"/* */}""")]
    [InlineData("""{"secret":"s"}//""")]
    [InlineData("""{'secret':'s'}""")]
    [InlineData("""{secret:"s"}""")]
    [InlineData("""{"secret":"\x"}""")]
    [InlineData("""{"secret":"\u12"}""")]
    [InlineData("{\"secret\":\"a\nb\"}")]
    [InlineData("""{"secret" "s"}""")]
    [InlineData("""{"secret":}""")]
    [InlineData("""{"x":01}""")]
    [InlineData("secret=s&response=r")]
    public void What_is_not_one_json_object_is_refused(string body) => AssertBad(body);

    [Theory]
    [InlineData("""\ud800""")]
    [InlineData("""\udc00""")]
    [InlineData("""\ud800x""")]
    [InlineData("""\ud800\n""")]
    [InlineData("""\ud800\ud800""")]
    [InlineData("""\udc00\ud800""")]
    [InlineData("""a\ud83d\u0041""")]
    public void Half_a_surrogate_pair_in_a_known_member_is_refused(string value) => AssertBad($$"""{"secret":"{{value}}"}""");

    [Theory]
    [InlineData("{\"secret\":\"\u00ff\"}")]
    [InlineData("{\"x\":\"\u00c0\u0080\",\"secret\":\"s\"}")]
    [InlineData("{\"\u00ed\u00a0\u0080\":1}")]
    public void Invalid_utf8_is_refused_wherever_it_is(string bytes) =>
        Assert.Equal(Reading.BadRequest, Reading.Of(Reading.Json, Encoding.Latin1.GetBytes(bytes)));

    [Theory]
    [InlineData(64, "secret=[s]")]
    [InlineData(65, nameof(ParseOutcome.BadRequest))]
    [InlineData(8000, nameof(ParseOutcome.BadRequest))]
    public void Nesting_is_limited_to_64(int depth, string expected)
    {
        var arrays = depth - 1;
        AssertReads($$"""{"x":{{new string('[', arrays)}}{{new string(']', arrays)}},"secret":"s"}""", expected);
    }

    private static void AssertBad(string body) => AssertReads(body, nameof(ParseOutcome.BadRequest));

    private static void AssertReads(string body, string expected) => Assert.Equal(expected, Reading.Of(Reading.Json, body).ToString());
}
