using System.Net.Sockets;
using System.Text;

namespace CaptchaCluster.Tests.Gateway;

/// <summary>HTTP by hand, for what no client library would send.</summary>
internal static class RawHttp
{
    /// <summary>Sends the pieces one after the other, each as a segment of its own, and reads until the server closes.</summary>
    public static async Task<string> SendAsync(Uri address, params string[] pieces)
    {
        using TcpClient client = new() { NoDelay = true };
        await client.ConnectAsync(address.Host, address.Port);
        NetworkStream stream = client.GetStream();
        foreach (string piece in pieces) await stream.WriteAsync(Encoding.Latin1.GetBytes(piece));
        using StreamReader reader = new(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }

    /// <summary>Announces one byte more than it sends, waits until the server reads the body, sends, and hangs up by reset.</summary>
    public static async Task AbortInBodyAsync(Uri address, string form)
    {
        using TcpClient client = new() { NoDelay = true, LingerState = new LingerOption(true, 0) };
        await client.ConnectAsync(address.Host, address.Port);
        NetworkStream stream = client.GetStream();
        string head = $"POST /siteverify HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {form.Length + 1}\r\n\r\n";
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head));
        await stream.ReadExactlyAsync(new byte["HTTP/1.1 100 Continue\r\n\r\n".Length]);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(form));
    }

    public static int StatusOf(string reply) => int.Parse(reply.Split(' ')[1]);

    public static string BodyOf(string reply) => reply[(reply.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
}
