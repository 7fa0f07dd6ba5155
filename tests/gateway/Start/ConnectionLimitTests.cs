using System.Net.Sockets;
using System.Text;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace CaptchaCluster.Tests.Gateway.Start;

[Trait("Invariant", "I10")]
public sealed class ConnectionLimitTests
{
    private const string Text = "here";

    [Theory]
    [InlineData("Max open files            1024                 524288               files     ", 704)]
    [InlineData("Max open files            524288               524288               files     ", 10_000)]
    [InlineData("Max open files            256                  256                  files     ", 64)]
    [InlineData("Max open files            unlimited            unlimited            files     ", 10_000)]
    [InlineData(null, 10_000)]
    public void Connections_leave_descriptors_to_the_ledger(string? line, int expected) =>
        Assert.Equal(expected, ConnectionLimit.PublicOf(line));

    [Fact]
    public async Task A_connection_beyond_the_limit_is_closed_and_the_others_are_served()
    {
        Assert.True(ListenAddress.TryParse("http://127.0.0.1:0", out ListenAddress address, out _));
        await using Listener listener = new("Gateway:Listen", address, 1024, maxConnections: 2, onSocketThreads: true, NullLoggerFactory.Instance);
        listener.App.MapFallback("{**path}", context =>
        {
            context.Response.ContentLength = Text.Length;
            return context.Response.WriteAsync(Text);
        });
        await listener.StartAsync();
        using TcpClient first = await ConnectAsync(listener.Address);
        using TcpClient second = await ConnectAsync(listener.Address);
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(first));
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(second));

        using TcpClient third = await ConnectAsync(listener.Address);
        Assert.Equal("", await ReadToCloseAsync(third));
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(first));
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(second));
    }

    private static async Task<TcpClient> ConnectAsync(Uri address)
    {
        TcpClient client = new() { NoDelay = true };
        await client.ConnectAsync(address.Host, address.Port);
        return client;
    }

    private static async Task<string> AskAsync(TcpClient client)
    {
        await client.GetStream().WriteAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n"u8.ToArray());
        byte[] buffer = new byte[1024];
        StringBuilder answer = new();
        while (!answer.ToString().EndsWith(Text, StringComparison.Ordinal))
        {
            int read = await client.GetStream().ReadAsync(buffer);
            if (read == 0) break;
            answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        return answer.ToString();
    }

    private static async Task<string> ReadToCloseAsync(TcpClient client)
    {
        try
        {
            using StreamReader reader = new(client.GetStream());
            return await reader.ReadToEndAsync();
        }
        catch (IOException)
        {
            return ""; // closed by reset
        }
    }
}
