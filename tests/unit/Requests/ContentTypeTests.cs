using CaptchaCluster.Gateway.Dialects.Requests;

namespace CaptchaCluster.Tests.Unit.Requests;

public sealed class ContentTypeTests
{
    [Theory]
    [InlineData(null, nameof(MediaKind.None))]
    [InlineData("", nameof(MediaKind.None))]
    [InlineData(" \t", nameof(MediaKind.None))]
    [InlineData("application/x-www-form-urlencoded", nameof(MediaKind.Form))]
    [InlineData("Application/X-WWW-Form-URLEncoded; charset=UTF-8", nameof(MediaKind.Form))]
    [InlineData("application/x-www-form-urlencoded;", nameof(MediaKind.Form))]
    [InlineData(" application/json ", nameof(MediaKind.Json))]
    [InlineData("application/json;charset=utf-8", nameof(MediaKind.Json))]
    [InlineData("APPLICATION/JSON ; what=\"ever", nameof(MediaKind.Json))]
    [InlineData("application/problem+json", nameof(MediaKind.Json))]
    [InlineData("application/vnd.x+JSON; v=1", nameof(MediaKind.Json))]
    [InlineData("multipart/form-data; boundary=x", nameof(MediaKind.Multipart))]
    [InlineData("Multipart/Form-Data", nameof(MediaKind.Multipart))]
    [InlineData("application/+json", nameof(MediaKind.Unsupported))]
    [InlineData("application/a/b+json", nameof(MediaKind.Unsupported))]
    [InlineData("application/json, application/problem+json", nameof(MediaKind.Unsupported))]
    [InlineData("application/jsonp", nameof(MediaKind.Unsupported))]
    [InlineData("text/json", nameof(MediaKind.Unsupported))]
    [InlineData("text/plain", nameof(MediaKind.Unsupported))]
    [InlineData("multipart/mixed; boundary=x", nameof(MediaKind.Unsupported))]
    [InlineData("application/x-www-form-urlencoded, application/json", nameof(MediaKind.Unsupported))]
    [InlineData("application/j\u017fon", nameof(MediaKind.Unsupported))]
    [InlineData("; charset=utf-8", nameof(MediaKind.Unsupported))]
    [InlineData("json", nameof(MediaKind.Unsupported))]
    public void Kind_follows_the_media_type_alone(string? header, string expected) =>
        Assert.Equal(expected, ContentType.Of(header).Kind.ToString());

    [Theory]
    [InlineData("boundary=abc", "abc")]
    [InlineData("BOUNDARY=aBc", "aBc")]
    [InlineData("boundary=\"abc\"", "abc")]
    [InlineData("boundary=\"a;b c\" ; charset=utf-8", "a;b c")]
    [InlineData("charset=utf-8; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW", "----WebKitFormBoundary7MA4YWxkTrZu0gW")]
    [InlineData("boundary=*****", "*****")]
    [InlineData("boundary=a=b/c:d", "a=b/c:d")]
    [InlineData("x=\";boundary=evil\\\"\"; boundary=good;", "good")]
    [InlineData("boundary=1234567890123456789012345678901234567890123456789012345678901234567890",
        "1234567890123456789012345678901234567890123456789012345678901234567890")]
    [InlineData("boundary=12345678901234567890123456789012345678901234567890123456789012345678901", "")]
    [InlineData("boundary=", "")]
    [InlineData("boundary=\"\"", "")]
    [InlineData("boundary", "")]
    [InlineData("boundary=\"abc", "")]
    [InlineData("boundary=\"abc\"d", "")]
    [InlineData("boundary=\"a\\\"c\"", "")]
    [InlineData("boundary=\"abc \"", "")]
    [InlineData("boundary=a\u00e9", "")]
    [InlineData("boundary=a\tb", "")]
    [InlineData("boundary=a; boundary=a", "")]
    [InlineData("boundary=; boundary=a", "")]
    [InlineData("xboundary=a", "")]
    public void Boundary_is_taken_from_the_parameters(string parameters, string expected) =>
        Assert.Equal(expected, ContentType.Of("multipart/form-data; " + parameters).Boundary.ToString());
}
