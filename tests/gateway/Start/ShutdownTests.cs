using System.Net.Sockets;
using System.Text;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;

namespace CaptchaCluster.Tests.Gateway.Start;

public sealed class ShutdownTests
{
    [Fact]
    public async Task A_request_under_way_is_finished()
    {
        using TestDirectory directory = new();
        TestGateway gateway = await TestGateway.StartAsync(directory);
        TestSite site = await gateway.CreateSiteAsync();
        string body = $"secret={site.Secret}&response={await gateway.MintAsync(site)}";
        using TcpClient client = new();
        await client.ConnectAsync(gateway.PublicAddress.Host, gateway.PublicAddress.Port);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /siteverify HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {body.Length}\r\n\r\n"));

        // The server asks for the body: it is in the middle of the request.
        byte[] interim = new byte["HTTP/1.1 100 Continue\r\n\r\n".Length];
        await stream.ReadExactlyAsync(interim);
        Task stopped = gateway.DisposeAsync().AsTask();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(body));
        using StreamReader reader = new(stream);
        Assert.Contains("\"success\":true", await reader.ReadToEndAsync());
        await stopped;
    }

    [Fact]
    public async Task A_request_whose_rest_never_comes_does_not_hold_the_shutdown()
    {
        Assert.True(ListenAddress.TryParse("http://127.0.0.1:0", out ListenAddress address, out _));
        Listener listener = new("Gateway:Listen", address, 1024, maxConnections: 10, onSocketThreads: false, NullLoggerFactory.Instance)
        {
            ShutdownGrace = TimeSpan.FromMilliseconds(50),
        };
        TaskCompletionSource reading = new(TaskCreationOptions.RunContinuationsAsynchronously);
        listener.App.MapFallback("{**path}", async context =>
        {
            reading.SetResult();
            await context.Request.Body.ReadExactlyAsync(new byte[10]);
        });
        await listener.StartAsync();
        using TcpClient client = new() { NoDelay = true };
        await client.ConnectAsync(listener.Address.Host, listener.Address.Port);
        await client.GetStream().WriteAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf"u8.ToArray());
        await reading.Task;

        // Less than the 30 s that a host waits of its own accord.
        await listener.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(15));
    }
}
