using System.Net.Sockets;
using System.Text;

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
}
