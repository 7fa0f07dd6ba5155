using System.Text;
using CaptchaCluster.Gateway.Dialects.Requests;

namespace CaptchaCluster.Tests.Unit.Requests;

public sealed class RequestFieldsTests
{
    private const string Disposition = "--b\r\nContent-Disposition: form-data; name=";

    [Theory]
    [InlineData(Reading.Form, "secret=body")]
    [InlineData(Reading.Json, """{"secret":"body"}""")]
    [InlineData(Reading.Multipart, Disposition + "secret\r\n\r\nbody\r\n--b--")]
    public void A_body_field_beats_the_query_which_supplies_the_others(string contentType, string body) =>
        Assert.Equal("secret=[body] response=[r]", Reading.Of(contentType, body, "?secret=query&response=r").ToString());

    [Theory]
    [InlineData(Reading.Form, "remote_ip=")]
    [InlineData(Reading.Form, "remoteip")]
    [InlineData(Reading.Json, """{"remoteIp":""}""")]
    [InlineData(Reading.Multipart, Disposition + "remoteip\r\n\r\n\r\n--b--")]
    public void An_empty_body_field_beats_the_query_too(string contentType, string body) =>
        Assert.Equal("remoteip=[]", Reading.Of(contentType, body, "?remoteip=1.2.3.4").ToString());

    [Fact]
    public void A_null_member_leaves_the_field_to_the_query() =>
        Assert.Equal("secret=[query]", Reading.Of(Reading.Json, """{"secret":null}""", "?secret=query").ToString());

    [Fact]
    public void A_query_that_names_a_field_twice_is_bad_even_where_the_body_has_it() =>
        Assert.Equal(Reading.BadRequest, Reading.Of(Reading.Form, "secret=body", "?secret=a&secret=b"));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("text/plain")]
    [InlineData(Reading.Json)]
    [InlineData("multipart/form-data")]
    public void An_empty_body_needs_no_content_type(string? contentType)
    {
        Assert.Equal("secret=[s] response=[r]", Reading.Of(contentType, "", "?secret=s&response=r").ToString());
        Assert.Equal("", Reading.Of(contentType, "").ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    [InlineData("multipart/mixed; boundary=b")]
    public void A_body_without_a_content_type_of_ours_is_unsupported(string? contentType) =>
        Assert.Equal(new Reading(ParseOutcome.UnsupportedMediaType), Reading.Of(contentType, "secret=s&response=r", "?secret=s"));

    [Theory]
    [InlineData("", true)]
    [InlineData("0e8fb1d6-5a1b-4a57-9c3b-5a6f6d2b7c11", true)]
    [InlineData("x*128", true)]
    [InlineData("x*129", false)]
    [InlineData("\u00e9*128", true)]
    [InlineData("\u00e9*129", false)]
    [InlineData("\u20ac*128", true)]
    [InlineData("\u20ac*129", false)]
    [InlineData("\U0001F600*128", true)]
    [InlineData("\U0001F600*129", false)]
    public void An_idempotency_key_has_at_most_128_characters(string key, bool accepted)
    {
        if (key.Split('*') is [var unit, var times]) key = string.Concat(Enumerable.Repeat(unit, int.Parse(times)));
        var expected = accepted ? new Reading(ParseOutcome.Parsed, IdempotencyKey: Reading.Bytes(key)) : Reading.BadRequest;

        Assert.Equal(expected, Reading.Of(Reading.Form, "idempotency_key=" + Uri.EscapeDataString(key)));
        Assert.Equal(expected, Reading.Of(Reading.Json, $$"""{"idempotency_key":"{{key}}"}"""));
        Assert.Equal(expected, Reading.Of(Reading.Multipart, $"{Disposition}idempotency_key\r\n\r\n{key}\r\n--b--"));
        Assert.Equal(expected, Reading.Of(null, "", "?idempotency_key=" + key));
    }

    [Theory]
    [InlineData("%ff")]
    [InlineData("%c3")]
    [InlineData("%c0%80")]
    [InlineData("%ed%a0%80")]
    [InlineData("a%f4%90%80%80")]
    public void An_idempotency_key_is_valid_utf8(string escaped)
    {
        Assert.Equal(Reading.BadRequest, Reading.Of(Reading.Form, "secret=s&idempotency_key=" + escaped));
        Assert.Equal(Reading.BadRequest, Reading.Of(null, "", "?idempotency_key=" + escaped));
    }

    [Fact]
    [Trait("Invariant", "I10")]
    public void The_promised_scratch_is_enough_at_both_limits()
    {
        Assert.Equal(RequestFields.MaxScratchLength,
            RequestFields.ScratchLengthFor(RequestFields.MaxBodyLength, RequestFields.MaxQueryLength));

        var query = "?response=%41".PadRight(RequestFields.MaxQueryLength, '\uffff');
        var response = Reading.Bytes("A" + query[13..]);
        foreach (var (contentType, start, fill, end, secret) in new[]
        {
            (Reading.Form, "secret=", "%41", "", 'A'),
            (Reading.Form, "secret=%20", "+", "", ' '),
            (Reading.Json, "{\"secret\":\"", "\\n", "\"}", '\n'),
            (Reading.Json, "{\"secret\":\"\\n", "x", "\"}", 'x'),
        })
        {
            var times = (RequestFields.MaxBodyLength - start.Length - end.Length) / fill.Length;
            var read = Reading.Of(contentType, start + string.Concat(Enumerable.Repeat(fill, times)) + end, query);
            Assert.Equal(ParseOutcome.Parsed, read.Outcome);
            Assert.EndsWith(new string(secret, times), read.Secret);
            Assert.Equal(response, read.Response);
        }
    }

    [Fact]
    public void A_scratch_below_the_promise_is_the_callers_mistake() =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            RequestFields.Read(Reading.Names, ContentType.Of(Reading.Form), "secret=s"u8, "?x", new byte[8 + 5], out _));

    [Fact]
    public void A_value_without_escapes_is_the_bodys_own_memory()
    {
        var body = "secret=plain&response=%41"u8.ToArray();
        var scratch = new byte[RequestFields.ScratchLengthFor(body.Length, 0)];
        RequestFields.Read(Reading.Names, ContentType.Of(Reading.Form), body, default, scratch, out var fields);

        Assert.True(body.AsSpan().Overlaps(fields.Secret, out var offset));
        Assert.Equal("secret=".Length, offset);
        Assert.True(scratch.AsSpan().Overlaps(fields.Token));
    }

    [Theory]
    [InlineData(Reading.Form, "secret=cpt_sec_abc&response=a%2Bb%2Fc&remoteip=%3A%3A1")]
    [InlineData(Reading.Json, """{"secret":"cpt_sec_abc","response":"a\u002bb","\u0072emoteip":"::1","x":{"y":[1]}}""")]
    [InlineData(Reading.Multipart, Disposition + "\"secret\"\r\n\r\ns\r\n" + Disposition + "response; filename=x\r\n\r\nr\r\n--b--")]
    public void Nothing_is_allocated(string contentType, string text)
    {
        var body = Encoding.UTF8.GetBytes(text);
        const string query = "?sitekey=a+b&idempotency_key=\u00e9";
        var scratch = new byte[RequestFields.ScratchLengthFor(body.Length, query.Length)];
        Read(); // what is made once per process

        var before = GC.GetAllocatedBytesForCurrentThread();
        var outcome = Read();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(ParseOutcome.Parsed, outcome);
        Assert.Equal(0, allocated);

        ParseOutcome Read() => RequestFields.Read(Reading.Names, ContentType.Of(contentType), body, query, scratch, out _);
    }
}
