using CaptchaCluster.Gateway.Hosting;
using Microsoft.Extensions.Logging;

namespace CaptchaCluster.Tests.Gateway.Start;

[Trait("Invariant", "I10")]
public sealed class ConnectionLimitTests
{
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
        await using TestListener listener = await TestListener.StartAsync(TestListener.Limits with { MaxConnections = 2 });
        using RawConnection first = await RawConnection.OpenAsync(listener.Address);
        using RawConnection second = await RawConnection.OpenAsync(listener.Address);
        Assert.StartsWith("HTTP/1.1 200", await first.AskAsync());
        Assert.StartsWith("HTTP/1.1 200", await second.AskAsync());

        using RawConnection third = await RawConnection.OpenAsync(listener.Address);
        Assert.Equal("", await third.ReadToEndAsync());
        Assert.StartsWith("HTTP/1.1 200", await first.AskAsync());
        Assert.StartsWith("HTTP/1.1 200", await second.AskAsync());
    }

    [Fact]
    public async Task Refused_connections_are_counted_each_and_told_once_a_minute()
    {
        await using TestListener listener = await TestListener.StartAsync(TestListener.Limits with { MaxConnections = 1 });
        using RawConnection first = await RawConnection.OpenAsync(listener.Address);
        Assert.NotNull(await first.AskAsync());
        for (int i = 0; i < 5; i++) await RefusedAsync();
        Assert.Equal(["captchacluster.connections.refused{listener=Gateway:Listen} 1"], listener.Measured.Lines.Distinct());
        Assert.Equal(5, listener.Measured.Lines.Count);
        Assert.Contains("Gateway:Listen has 1 connections and takes no more: 1 were closed", Assert.Single(listener.Logs.AtLeast(LogLevel.Warning)));

        listener.Clock.Advance(60);
        await RefusedAsync();
        Assert.Contains("5 were closed", listener.Logs.AtLeast(LogLevel.Warning).Last());
        Assert.Equal(2, listener.Logs.AtLeast(LogLevel.Warning).Count());

        async Task RefusedAsync()
        {
            using RawConnection refused = await RawConnection.OpenAsync(listener.Address);
            Assert.Equal("", await refused.ReadToEndAsync());
        }
    }

    [Fact]
    public async Task A_connection_that_ends_makes_room_for_another()
    {
        await using TestListener listener = await TestListener.StartAsync(TestListener.Limits with { MaxConnections = 1 });
        using (RawConnection first = await RawConnection.OpenAsync(listener.Address)) Assert.NotNull(await first.AskAsync());
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
        string? answer = null;
        while (answer is null)
        {
            patience.Token.ThrowIfCancellationRequested();
            using RawConnection next = await RawConnection.OpenAsync(listener.Address);
            answer = await next.AskAsync();
        }

        Assert.EndsWith(TestListener.Text, answer);
    }
}
