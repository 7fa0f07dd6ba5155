using System.Text;

namespace CaptchaCluster.Tests.Fuzz.Requests;

/// <summary>What the mutations start from, and the pieces they insert.</summary>
internal static class RequestSamples
{
    private const string Part = "Content-Disposition: form-data; name=";

    public static readonly byte[][] Forms = Utf8(
        "secret=cpt_sec_0123456789&response=v1.abc~def:ghi",
        "secret=a%20b+c&response=%41%42&remoteip=1.2.3.4&idempotency_key=0e8fb1d6-5a1b&sitekey=w",
        "Secret=s&RESPONSE=r&remoteIp=%3A%3A1&x=y&x=z&remote%5Fip",
        "remote_ip=&sitekey&&=&%73ecret=%C3%A9",
        "idempotency_key=" + new string('k', 127),
        "idempotency_key=" + new string('k', 123) + "%F0%9F%98%80%C3%A9+%41");

    public static readonly byte[][] FormTokens = [.. Utf8("&", "=", "%", "+", "%4", "%41", "%%", "%zz", "%C3%A9", "%F0", "?", "&&", "&=",
        "secret=", "&secret", "&Response=", "&remoteip=", "&remote_ip=", "&idempotency_key=", "&sitekey=",
        "%26", "%3D", "%5f", "%00", "\u00e9"),
        .. Broken];

    public static readonly byte[][] Jsons = Utf8(
        """{"secret":"cpt_sec_0123456789","response":"v1.abc~def:ghi"}""",
        """ { "Secret" : "a\u0041\n" , "response":"\ud83d\ude00", "remoteIp":null, "x":[1,2,{"secret":3}] } """,
        """{"remote_ip":"::1","idempotency_key":"k","sitekey":"\"\\\/","y":-1.5e10,"z":true}""",
        """{"\u0073ecret":"s","\u0052esponse":"r","a":{"b":{"c":[[],{}]}},"a":false}""",
        "{\"secret\":\"\u00e9\u20ac\U0001F600\",\"\u00e9\":\"\"}",
        "\ufeff{\"secret\":\"s\"}",
        $$"""{"idempotency_key":"{{new string('k', 127)}}"}""",
        $$"""{"x":{{new string('[', 62)}}{{new string(']', 62)}},"secret":"s"}""");

    public static readonly byte[][] JsonTokens = [.. Utf8("{", "}", "[", "]", "\"", ":", ",", "\\", "\\u", "\\ud800", "\\udc00",
        "\\u0041", "\\n", "\\\"", "null", "true",
        "1e999999", "-0", "01", "NaN", "//", "/**/", ",\"secret\":", "\"secret\":\"s\",", "\"response\":1,",
        "\"remote_ip\":null,", "\"remoteip\":\"\",", "\"sitekey\":\"w\",", "\"x\":{},", "\"\\u0073ecret\":\"t\",", "\ufeff", "\u00e9",
        new string('9', 400), new string('[', 70), "[[", "]]", "\n", "\0"), .. Broken];

    public static readonly byte[][] Multiparts = Utf8(
        $"--b\r\n{Part}\"secret\"\r\n\r\ns\r\n--b\r\n{Part}\"response\"\r\n\r\nr\r\n--b--\r\n",
        $"--b\r\n{Part}secret\r\nContent-Type: text/plain; charset=utf-8\r\n\r\na\r\nb\r\n\r\nc\r\n--b--",
        $"preamble\r\n--b \t\r\ncontent-disposition:form-data;NAME=remote_ip ; filename=\"a;\\\"b\"\r\n\r\n::1\r\n--b--\r\nepilogue",
        $"--b\r\nX: y\r\n{Part}\"idempotency_key\"\r\n\r\n{new string('k', 127)}\r\n--b\r\n{Part}\"x%22\"\r\n\r\n\r\n--b--",
        $"--b\r\n{Part}sitekey\r\n\r\n--b--",
        "--b--");

    public static readonly byte[][] MultipartTokens = [.. Utf8("\r\n", "\r", "\n", "\r\n\r\n", "--", "--b", "\r\n--b", "\r\n--b\r\n",
        "\r\n--b--", "--b--", ":", ";", "\"", "\\\"", "\\", "=", " ", "\t", "%22", "; name=\"secret\"", "; name=x", "; filename=\"f\"",
        "Content-Disposition:", "X: y\r\n", $"\r\n--b\r\n{Part}secret\r\n\r\nt",
        $"\r\n--b\r\n{Part}\"sitekey\"\r\n\r\n\r\n", "form-data", "\0", "\u00e9"), .. Broken];

    // Cut off, overlong, a surrogate, beyond Unicode, never valid.
    private static byte[][] Broken => [[0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF], [0x80]];

    private static byte[][] Utf8(params string[] texts) => texts.Select(Encoding.UTF8.GetBytes).ToArray();
}
