using CaptchaCluster.Gateway.Dialects.Requests;

namespace CaptchaCluster.Tests.Unit.Requests;

/// <summary>In the bodies here <c>|</c> is a line break, CR LF.</summary>
public sealed class MultipartFieldsTests
{
    private const string Part = "Content-Disposition: form-data; name=";

    [Theory]
    [InlineData("--b|" + Part + "\"secret\"||s|--b|" + Part + "\"response\"||r|--b--|", "secret=[s] response=[r]")]
    [InlineData("--b|" + Part + "\"secret\"||s|--b--", "secret=[s]")]
    [InlineData("--b|" + Part + "secret||s|--b--|", "secret=[s]")]
    [InlineData("--b|" + Part + "secret|||--b--|", "secret=[]")]
    [InlineData("--b|" + Part + "secret||--b--|", "secret=[]")]
    [InlineData("--b|" + Part + "secret||a|b||--c|-b|--b--|", "secret=[a\r\nb\r\n\r\n--c\r\n-b]")]
    [InlineData("--b|" + Part + "secret||a%41+\\\"|--b--|", "secret=[a%41+\\\"]")]
    [InlineData("--b|" + Part + "SECRET||s|--b|" + Part + "remote_ip||1|--b--|", "secret=[s] remoteip=[1]")]
    public void Parts_are_fields(string body, string expected) => AssertReads(body, expected);

    [Theory]
    [InlineData("preamble|with lines|--b|" + Part + "secret||s|--b--|epilogue|--b|nonsense")]
    [InlineData("|--b|" + Part + "secret||s|--b--")]
    [InlineData("-- b --b|--b|" + Part + "secret||s|--b--x")]
    [InlineData("--b \t |" + Part + "secret||s|--b-- \t|")]
    public void Preamble_padding_and_epilogue_are_ignored(string body) => AssertReads(body, "secret=[s]");

    [Theory]
    [InlineData("--b--")]
    [InlineData("--b--|")]
    [InlineData("preamble|--b--|epilogue")]
    [InlineData("--b||--b--|")]
    public void Without_parts_a_body_is_empty(string body) => AssertReads(body, "");

    [Theory]
    [InlineData("--b|content-disposition:form-data;NAME=secret||s|--b--")]
    [InlineData("--b|CONTENT-DISPOSITION \t:  Form-Data ; name = \"secret\" ;||s|--b--")]
    [InlineData("--b|Content-Type: text/plain; charset=utf-8|" + Part + "\"secret\"|Content-Length: 1|X:||s|--b--")]
    [InlineData("--b|" + Part + "\"secret\"; filename=\"a;\\\"; name=b\\\\\"||s|--b--")]
    [InlineData("--b|Content-Disposition: form-data; filename=\"C:\\dir\\f\"; name=\"secret\"||s|--b--")]
    [InlineData("--b|Content-Disposition: form-data;; filename=\"name=x\"; name*=UTF-8''y; name=secret||s|--b--")]
    [InlineData("--b|" + Part + "\"x\"; a=\"\"||y|--b|" + Part + "\"x\"||z|--b|" + Part + "\"secret\"||s|--b--")]
    public void The_name_is_found_among_headers_and_parameters(string body) => AssertReads(body, "secret=[s]");

    [Theory]
    [InlineData("\"%22secret%22\"")]
    [InlineData("\"secret%0D%0A\"")]
    [InlineData("\"\\\"secret\\\"\"")]
    [InlineData("\"secret\\\\\"")]
    [InlineData("\"se\\cret\"")]
    [InlineData("\"%73ecret\"")]
    [InlineData("\"\"")]
    [InlineData("")]
    [InlineData("sec ret")]
    public void A_name_with_escapes_is_an_unknown_one(string name) => AssertReads($"--b|{Part}{name}||s|--b--", "");

    [Theory]
    [InlineData("secret", "secret")]
    [InlineData("secret", "SECRET")]
    [InlineData("remoteip", "remote_ip")]
    public void A_field_named_twice_makes_the_request_bad(string first, string second) =>
        AssertBad($"--b|{Part}{first}||s|--b|{Part}{second}||s|--b--");

    [Theory]
    [InlineData("--b|" + Part + "secret||s|--b")]
    [InlineData("--b|" + Part + "secret||s|--b-")]
    [InlineData("--b|" + Part + "secret||s|--b|")]
    [InlineData("--b|" + Part + "secret||s--b--")]
    [InlineData("--b|" + Part + "secret||s\n--b--")]
    [InlineData("--b")]
    [InlineData("--c--")]
    [InlineData("secret=s")]
    [InlineData("|")]
    public void A_missing_closing_delimiter_is_refused(string body) => AssertBad(body);

    [Theory]
    [InlineData("--bb|" + Part + "secret||s|--bb--")]
    [InlineData("--b\n" + Part + "secret||s|--b--")]
    [InlineData("--b|" + Part + "secret||s|--bc|--b--")]
    [InlineData("--b|--b--")]
    [InlineData("--b|||--b--")]
    [InlineData("--b||s|--b--")]
    [InlineData("--b||" + Part + "secret||s|--b--")]
    [InlineData("--b|" + Part + "secret|--b--")]
    [InlineData("--b|Content-Type: text/plain||s|--b--")]
    [InlineData("--b|Content-Disposition: form-data||s|--b--")]
    [InlineData("--b|Content-Disposition: attachment; name=secret||s|--b--")]
    [InlineData("--b|Content-Disposition: form-data; filename=secret||s|--b--")]
    [InlineData("--b|" + Part + "secret; name=response||s|--b--")]
    [InlineData("--b|" + Part + "x|" + Part + "secret||s|--b--")]
    [InlineData("--b|" + Part + "\"secret||s|--b--")]
    [InlineData("--b|" + Part + "\"secret\"x||s|--b--")]
    [InlineData("--b|" + Part + "secret; junk||s|--b--")]
    [InlineData("--b|Content-Disposition: form-data;| name=secret||s|--b--")]
    [InlineData("--b|X: y\n" + Part + "x|" + Part + "secret||s|--b--")]
    [InlineData("--b|no colon|" + Part + "secret||s|--b--")]
    [InlineData("--b|: empty|" + Part + "secret||s|--b--")]
    public void What_parsers_could_read_differently_is_refused(string body) => AssertBad(body);

    [Theory]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data; boundary=")]
    [InlineData("multipart/form-data; boundary=b; boundary=b")]
    public void Without_a_usable_boundary_a_body_is_bad(string contentType) =>
        Assert.Equal(Reading.BadRequest, Reading.Of(contentType, "--b--"));

    [Fact]
    public void Values_may_be_any_bytes()
    {
        byte[] body = [.. "--b\r\nContent-Disposition: form-data; name=secret\r\n\r\n"u8, 0, 0xFF, 0xC0, .. "\r\n--b--"u8];
        Assert.Equal("\0\u00ff\u00c0", Reading.Of(Reading.Multipart, body).Secret);
    }

    [Fact]
    public void The_longest_boundary_is_usable()
    {
        var boundary = new string('x', 70);
        var body = $"--{boundary}\r\n{Part}secret\r\n\r\ns\r\n--{boundary}--";
        Assert.Equal("s", Reading.Of($"multipart/form-data; boundary={boundary}", body).Secret);
    }

    private static void AssertBad(string body) => AssertReads(body, nameof(ParseOutcome.BadRequest));

    private static void AssertReads(string body, string expected) =>
        Assert.Equal(expected, Reading.Of(Reading.Multipart, body.Replace("|", "\r\n")).ToString());
}
