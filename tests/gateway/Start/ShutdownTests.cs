using System.Net.Sockets;
using System.Text;

namespace CaptchaCluster.Tests.Gateway.Start;

public sealed class ShutdownTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

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
        TaskCompletionSource reading = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TestListener listener = await TestListener.StartAsync(
            TestListener.Limits,
            async context =>
            {
                reading.SetResult();
                await context.Request.Body.ReadExactlyAsync(new byte[10]);
            },
            shutdownGrace: TimeSpan.FromMilliseconds(50));
        using RawConnection client = await RawConnection.OpenAsync(listener.Address);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
        await reading.Task;

        // Less than the 30 s that a host waits of its own accord.
        await listener.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(15));
    }

    /// <summary>Everybody gets an answer to everything he sends, however the moment falls; none is cut off.</summary>
    [Fact]
    public async Task Who_keeps_his_connection_is_told_that_it_ends_and_loses_no_request()
    {
        const int callers = 32, resting = 8;
        TestListener listener = await TestListener.StartAsync(TestListener.Limits, drainGrace: TimeSpan.FromHours(1));
        using SemaphoreSlim underWay = new(0);
        Task<int>[] ended = [.. Enumerable.Range(0, callers).Select(_ => Task.Run(AskUntilToldAsync))];
        for (int i = 0; i < callers; i++) await underWay.WaitAsync();
        List<RawConnection> rested = [];
        for (int i = 0; i < resting; i++) rested.Add(await RawConnection.OpenAsync(listener.Address));
        foreach (RawConnection connection in rested) Assert.DoesNotContain("Connection", await connection.AskAsync());

        // An hour is not waited for: it ends when the last one has been told.
        Task closed = listener.DisposeAsync().AsTask();
        foreach (RawConnection connection in rested)
        {
            using (connection) Assert.Contains("Connection: close", await connection.AskAsync());
        }

        await closed.WaitAsync(Patience);
        int[] answered = await Task.WhenAll(ended).WaitAsync(Patience);
        Assert.All(answered, count => Assert.True(count > 1));
        await Assert.ThrowsAsync<SocketException>(() => RawConnection.OpenAsync(listener.Address));

        async Task<int> AskUntilToldAsync()
        {
            using RawConnection connection = await RawConnection.OpenAsync(listener.Address);
            for (int count = 1; ; count++)
            {
                string? answer = await connection.AskAsync();
                Assert.True(answer is not null, $"Cut off at request {count}.");
                Assert.EndsWith(TestListener.Text, answer);
                if (count == 1) underWay.Release();
                if (!answer.Contains("Connection: close")) continue;
                Assert.Equal("", await connection.ReadToEndAsync());
                return count;
            }
        }
    }

    [Fact]
    public async Task While_it_drains_nobody_new_is_taken_and_who_is_silent_is_waited_for_no_longer_than_said()
    {
        TestListener listener = await TestListener.StartAsync(TestListener.Limits, drainGrace: TimeSpan.FromSeconds(2));
        using RawConnection silent = await RawConnection.OpenAsync(listener.Address);
        Assert.DoesNotContain("Connection", await silent.AskAsync());
        Task ended = listener.DisposeAsync().AsTask();
        await Assert.ThrowsAsync<SocketException>(() => RawConnection.OpenAsync(listener.Address));
        await ended.WaitAsync(Patience);
        Assert.Equal("", await silent.ReadToEndAsync());
    }

    [Fact]
    public async Task For_the_drain_seconds_all_goes_on_as_before_but_the_readiness()
    {
        using TestDirectory directory = new();
        ManualClock clock = new();
        TestGateway gateway = await TestGateway.StartAsync(directory, clock, "--Gateway:DrainSeconds=30");
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        using HttpClient client = new() { BaseAddress = gateway.PublicAddress };
        Assert.Equal(200, (int)(await client.GetAsync("/healthz/ready")).StatusCode);
        Task ended = gateway.DisposeAsync().AsTask();
        await clock.TimerSetAsync().WaitAsync(Patience);

        Assert.Equal(503, (int)(await client.GetAsync("/healthz/ready")).StatusCode);
        using FormUrlEncodedContent body = new([KeyValuePair.Create("secret", site.Secret), KeyValuePair.Create("response", token)]);
        using HttpResponseMessage verified = await client.PostAsync("/siteverify", body);
        Assert.Contains("\"success\":true", await verified.Content.ReadAsStringAsync());
        Assert.NotEqual(true, verified.Headers.ConnectionClose);
        clock.Advance(29);
        Assert.Equal(503, (int)(await client.GetAsync("/healthz/ready")).StatusCode);
        Assert.False(ended.IsCompleted);
        clock.Advance(1);
        await ended.WaitAsync(Patience);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/healthz/ready"));
    }
}
