using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CaptchaCluster.Tests.Gateway.Processes;

/// <summary>Requests are answered on the threads that wait for the sockets: nobody may keep these for himself.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Invariant", "I10")]
public sealed class FairTurnsTests
{
    private const int FlooderCount = 16;
    private const int Asked = 50;

    [Fact]
    public async Task Callers_that_send_without_waiting_for_answers_do_not_keep_the_others_from_theirs()
    {
        using TestDirectory directory = new();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(directory.Path);
        using CancellationTokenSource end = new();
        Task flood = Task.WhenAll(Enumerable.Range(0, FlooderCount).Select(_ => Task.Run(() => FloodAsync(gateway.Public.BaseAddress!, end.Token))));
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
        try
        {
            for (int i = 0; i < Asked; i++)
            {
                using HttpClient caller = new() { BaseAddress = gateway.Public.BaseAddress };
                Assert.Equal(HttpStatusCode.OK, (await caller.GetAsync("/healthz/live", patience.Token)).StatusCode);
            }
        }
        finally
        {
            await end.CancelAsync();
            await flood;
        }
    }

    private static async Task FloodAsync(Uri address, CancellationToken end)
    {
        byte[] requests = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("GET /healthz/live HTTP/1.1\r\nHost: h\r\n\r\n", 2000)));
        using TcpClient client = new();
        await client.ConnectAsync(address.Host, address.Port, CancellationToken.None);
        NetworkStream stream = client.GetStream();
        try
        {
            await Task.WhenAll(SendAsync(), ReadAsync());
        }
        catch (IOException)
        {
            // Cut off as too slow a reader; that says nothing of the others.
        }

        async Task SendAsync()
        {
            while (!end.IsCancellationRequested) await stream.WriteAsync(requests, CancellationToken.None);
            client.Client.Shutdown(SocketShutdown.Send);
        }

        async Task ReadAsync()
        {
            byte[] buffer = new byte[1 << 18];
            while (await stream.ReadAsync(buffer, CancellationToken.None) > 0)
            {
            }
        }
    }
}
