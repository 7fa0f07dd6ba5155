using System.Text;
using CaptchaCluster.Tests.Load.Http;

namespace CaptchaCluster.Tests.Unit.Load;

public sealed class ResponseReaderTests
{
    private const string Plain = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello";

    [Fact]
    public void A_response_is_complete_with_its_last_byte_and_not_before()
    {
        byte[] bytes = Encoding.ASCII.GetBytes(Plain);
        for (int length = 0; length < bytes.Length; length++)
            Assert.Equal(ResponseState.Incomplete, ResponseReader.Read(bytes.AsSpan(0, length)).State);

        Response response = ResponseReader.Read(bytes);
        Assert.Equal((ResponseState.Complete, 200, bytes.Length, false), (response.State, response.Status, response.Length, response.Closes));
        Assert.Equal("hello", Encoding.ASCII.GetString(bytes, response.BodyStart, response.Length - response.BodyStart));
    }

    [Fact]
    public void What_follows_belongs_to_the_next_response() =>
        Assert.Equal(Plain.Length, Read(Plain + "HTTP/1.1 500 Oh").Length);

    [Theory]
    [InlineData("HTTP/1.1 503 \r\ncontent-length:0\r\n\r\n", 503)]
    [InlineData("HTTP/1.1 200\r\nCONTENT-LENGTH: \t 0 \r\n\r\n", 200)]
    [InlineData("HTTP/1.1 404 Not Found\r\nX: Content-Length: 9\r\nContent-Length: 0\r\n\r\n", 404)]
    public void Header_names_are_found_in_any_case_and_dress(string text, int status)
    {
        Response response = Read(text);
        Assert.Equal((ResponseState.Complete, status, text.Length), (response.State, response.Status, response.Length));
    }

    [Theory]
    [InlineData("Connection: close", true)]
    [InlineData("connection:Close", true)]
    [InlineData("Connection: keep-alive", false)]
    [InlineData("X-Connection: close", false)]
    public void It_is_seen_whether_the_server_hangs_up(string header, bool closes) =>
        Assert.Equal(closes, Read($"HTTP/1.1 200 OK\r\n{header}\r\nContent-Length: 0\r\n\r\n").Closes);

    [Theory]
    [InlineData("SSH-2.0-OpenSSH")]
    [InlineData("HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 \r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n")]
    public void What_it_cannot_read_it_says_so(string text)
    {
        Response response = Read(text);
        Assert.Equal(ResponseState.Unreadable, response.State);
        Assert.NotNull(response.Problem);
    }

    private static Response Read(string text) => ResponseReader.Read(Encoding.ASCII.GetBytes(text));
}
