using CaptchaCluster.Gateway.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CaptchaCluster.Tests.Gateway.Start;

/// <summary>What a client may send, how slowly, and in what protocol. The waiting is the server's: no test sleeps.</summary>
[Trait("Invariant", "I10")]
public sealed class ListenerLimitTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_body_that_stops_coming_is_answered_408_and_ends_the_connection()
    {
        using TestDirectory directory = new();
        await using TestGateway gateway = await TestGateway.StartAsync(directory);
        using RawConnection siteverify = await RawConnection.OpenAsync(gateway.PublicAddress);
        await siteverify.SendAsync(
            "POST /siteverify HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nsecret=");
        using RawConnection admin = await RawConnection.OpenAsync(gateway.AdminAddress);
        string? key = gateway.Admin.DefaultRequestHeaders.Authorization!.Parameter;
        await admin.SendAsync($"POST /admin/v1/sites HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {key}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{{\"na");
        string answer = await siteverify.ReadToEndAsync().WaitAsync(Patience);
        Assert.StartsWith("HTTP/1.1 408 ", answer);
        Assert.Contains("Connection: close", answer);
        Assert.Equal("""{"success":false,"error-codes":["bad-request"],"message":"The body could not be read."}""", RawHttp.BodyOf(answer));
        Assert.StartsWith("HTTP/1.1 400 ", await admin.ReadToEndAsync().WaitAsync(Patience));
    }

    [Fact]
    public async Task Headers_that_stop_coming_and_connections_that_bring_nothing_are_ended()
    {
        ListenerLimits limits = TestListener.Limits with { HeadersTimeout = TimeSpan.FromSeconds(1), KeepAliveTimeout = TimeSpan.FromSeconds(1) };
        await using TestListener listener = await TestListener.StartAsync(limits);
        using RawConnection half = await RawConnection.OpenAsync(listener.Address);
        await half.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nX-Slow: ");
        using RawConnection silent = await RawConnection.OpenAsync(listener.Address);
        using RawConnection idle = await RawConnection.OpenAsync(listener.Address);
        Assert.NotNull(await idle.AskAsync());
        Assert.StartsWith("HTTP/1.1 408 ", await half.ReadToEndAsync().WaitAsync(Patience));
        Assert.Equal("", await silent.ReadToEndAsync().WaitAsync(Patience));
        Assert.Equal("", await idle.ReadToEndAsync().WaitAsync(Patience));
    }

    [Fact]
    public async Task An_answer_that_nobody_takes_ends_the_connection()
    {
        TaskCompletionSource cutOff = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ListenerLimits limits = TestListener.Limits with { ResponseRate = new MinDataRate(100 << 20, TimeSpan.FromSeconds(2)) };
        await using TestListener listener = await TestListener.StartAsync(limits, async context =>
        {
            byte[] much = new byte[1 << 20];
            try
            {
                while (true) await context.Response.Body.WriteAsync(much, context.RequestAborted);
            }
            catch (OperationCanceledException)
            {
                cutOff.SetResult();
            }
        });
        using RawConnection client = await RawConnection.OpenAsync(listener.Address);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        await cutOff.Task.WaitAsync(Patience);
    }

    [Fact]
    public void Nobody_is_given_longer_than_this()
    {
        KestrelServerLimits server = new();
        new ListenerLimits { MaxBodySize = 16_384, MaxConnections = 10 }.ApplyTo(server);
        Assert.Equal(16_384, server.MaxRequestBodySize);
        Assert.Equal(TimeSpan.FromSeconds(15), server.RequestHeadersTimeout);
        Assert.Equal(TimeSpan.FromSeconds(75), server.KeepAliveTimeout);
        Assert.Equal((1024, TimeSpan.FromSeconds(5)), (server.MinRequestBodyDataRate!.BytesPerSecond, server.MinRequestBodyDataRate.GracePeriod));
        Assert.Equal((1024, TimeSpan.FromSeconds(5)), (server.MinResponseDataRate!.BytesPerSecond, server.MinResponseDataRate.GracePeriod));
        Assert.Equal(65_536, server.MaxRequestBufferSize);
    }

    public static TheoryData<string, int> Oversized => new()
    {
        { $"GET /{new string('x', 8 * 1024)} HTTP/1.1\r\nHost: h\r\n\r\n", 414 },
        { $"GET / HTTP/1.1\r\nHost: h\r\nX: {new string('x', 16 * 1024)}\r\n\r\n", 431 },
        { $"GET / HTTP/1.1\r\nHost: h\r\n{string.Concat(Enumerable.Range(0, 100).Select(i => $"X{i}: y\r\n"))}\r\n", 431 },
        { $"GET / HTTP/1.1\r\nHost: h\r\n{string.Concat(Enumerable.Range(0, 99).Select(i => $"X{i}: y\r\n"))}Connection: close\r\n\r\n", 431 },
        { $"GET / HTTP/1.1\r\nHost: h\r\n{string.Concat(Enumerable.Range(0, 98).Select(i => $"X{i}: y\r\n"))}Connection: close\r\n\r\n", 200 },
    };

    [Theory]
    [MemberData(nameof(Oversized))]
    public async Task A_head_beyond_its_limits_is_refused(string head, int status)
    {
        await using TestListener listener = await TestListener.StartAsync(TestListener.Limits);
        Assert.Equal(status, RawHttp.StatusOf(await RawHttp.SendAsync(listener.Address, head)));
    }

    [Fact]
    public async Task Http_2_without_tls_is_refused_with_and_without_asking_first()
    {
        await using TestListener listener = await TestListener.StartAsync(TestListener.Limits);
        string answer = await RawHttp.SendAsync(listener.Address, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0");
        const string goAway = "\0\0\b\a\0\0\0\0\0\0\0\0\0", http11Required = "\0\0\0\r";
        Assert.Equal(goAway + http11Required, answer);

        using RawConnection upgrade = await RawConnection.OpenAsync(listener.Address);
        await upgrade.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n");
        string? upgraded = await upgrade.ReadAnswerAsync();
        Assert.StartsWith("HTTP/1.1 200 ", upgraded);
        Assert.DoesNotContain("Upgrade", upgraded, StringComparison.OrdinalIgnoreCase);
    }
}
