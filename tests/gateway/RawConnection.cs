using System.Net.Sockets;
using System.Text;

namespace CaptchaCluster.Tests.Gateway;

/// <summary>A connection held by hand: HTTP as it comes, and the end of it as it comes.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly TcpClient client = new() { NoDelay = true };
    private readonly byte[] buffer = new byte[64 * 1024];
    private string unread = "";

    public static async Task<RawConnection> OpenAsync(Uri address)
    {
        RawConnection connection = new();
        await connection.client.ConnectAsync(address.Host, address.Port);
        return connection;
    }

    public async Task SendAsync(string text) => await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>A request without a body, and the whole answer; null where the connection ended instead.</summary>
    public async Task<string?> AskAsync(string path = "/")
    {
        try
        {
            await SendAsync($"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n");
            return await ReadAnswerAsync();
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Head and body of one answer that tells its length; null where the connection ended before it came.</summary>
    public async Task<string?> ReadAnswerAsync()
    {
        int length;
        while (!IsWhole(unread, out length))
        {
            int read = await client.GetStream().ReadAsync(buffer);
            if (read == 0) return null;
            unread += Encoding.Latin1.GetString(buffer, 0, read);
        }

        string answer = unread[..length];
        unread = unread[length..];
        return answer;
    }

    /// <summary>All that still comes until the other side ends the connection, by whatever means.</summary>
    public async Task<string> ReadToEndAsync()
    {
        try
        {
            while (await client.GetStream().ReadAsync(buffer) is > 0 and int read) unread += Encoding.Latin1.GetString(buffer, 0, read);
        }
        catch (IOException)
        {
            // By reset.
        }

        return unread;
    }

    public void Dispose() => client.Dispose();

    private static bool IsWhole(string text, out int length)
    {
        const string blank = "\r\n\r\n", contentLength = "Content-Length: ";
        length = 0;
        int head = text.IndexOf(blank, StringComparison.Ordinal);
        if (head < 0) return false;
        int at = text.IndexOf(contentLength, StringComparison.OrdinalIgnoreCase) + contentLength.Length;
        length = head + blank.Length + int.Parse(text[at..text.IndexOf("\r\n", at, StringComparison.Ordinal)]);
        return text.Length >= length;
    }
}
