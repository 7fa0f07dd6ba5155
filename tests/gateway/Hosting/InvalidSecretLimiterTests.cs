using System.Diagnostics.Metrics;
using System.Net;
using CaptchaCluster.Gateway.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CaptchaCluster.Tests.Gateway.Hosting;

/// <summary>One a second: five at once, two in line. Time goes on meanwhile, so a line may turn out longer, never shorter.</summary>
public sealed class InvalidSecretLimiterTests : IDisposable
{
    private const int AtOnce = 5;
    private const int Enough = 1_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Meter meter = new(Instrumentation.Name);
    private readonly CollectedLogs logs = new();
    private readonly Measurements measured;
    private readonly InvalidSecretLimiter limiter;

    public InvalidSecretLimiterTests()
    {
        measured = new Measurements(meter);
        limiter = New(perSecond: 1);
    }

    public void Dispose()
    {
        limiter.Dispose();
        measured.Dispose();
        meter.Dispose();
    }

    [Fact]
    [Trait("Invariant", "I10")]
    public async Task A_burst_is_answered_at_once_then_answers_wait_and_then_there_are_none()
    {
        for (int i = 0; i < AtOnce; i++)
        {
            ValueTask<bool> first = limiter.WaitAsync(From("192.0.2.1"));
            Assert.True(first.IsCompletedSuccessfully);
            Assert.True(await first);
        }

        List<Task<bool>> waits = [.. FloodFrom("192.0.2.1")];
        Assert.NotEmpty(waits);
        Assert.True(await waits[0].WaitAsync(Patience));
        Assert.Contains("invalid secret or admin key were slowed", logs.AtLeast(LogLevel.Warning).First());
        Assert.True(measured.Lines.Count(line => line == "captchacluster.invalid_secrets.slowed{} 1") > waits.Count);
    }

    [Fact]
    public async Task Other_addresses_do_not_notice()
    {
        _ = FloodFrom("192.0.2.1");
        Assert.True(await AtOnceAsync("192.0.2.2"));
        Assert.True(await AtOnceAsync("2001:db8::1"));
    }

    [Fact]
    public async Task All_addresses_of_one_ipv6_network_stand_in_one_line()
    {
        _ = FloodFrom("2001:db8::1");
        Assert.False(await AtOnceAsync("2001:db8::ffff:1"));
        Assert.True(await AtOnceAsync("2001:db8:0:1::1"));
    }

    [Fact]
    public async Task Who_goes_away_leaves_the_line()
    {
        using CancellationTokenSource gone = new();
        List<Task<bool>> waits = [.. FloodFrom("192.0.2.1", gone.Token)];
        await gone.CancelAsync();
        foreach (Task<bool> wait in waits.Where(wait => !wait.IsCompletedSuccessfully))
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.WaitAsync(Patience));
        Assert.NotEmpty(FloodFrom("192.0.2.1"));
    }

    [Fact]
    public async Task Zero_slows_nobody()
    {
        using InvalidSecretLimiter none = New(perSecond: 0);
        for (int i = 0; i < Enough; i++) Assert.True(await none.WaitAsync(From("192.0.2.1")));
    }

    private InvalidSecretLimiter New(int perSecond) =>
        new(new ClientAddresses([]), perSecond, new ListenerTelemetry(logs, meter, new ManualClock()));

    private static DefaultHttpContext From(string address, CancellationToken aborted = default) => new()
    {
        Connection = { RemoteIpAddress = IPAddress.Parse(address) },
        RequestAborted = aborted,
    };

    private async Task<bool> AtOnceAsync(string address)
    {
        ValueTask<bool> wait = limiter.WaitAsync(From(address));
        return wait.IsCompletedSuccessfully && await wait;
    }

    /// <summary>Until one is refused.</summary>
    /// <returns>Those that had to wait.</returns>
    private List<Task<bool>> FloodFrom(string address, CancellationToken aborted = default)
    {
        List<Task<bool>> waits = [];
        for (int i = 0; i < Enough; i++)
        {
            Task<bool> wait = limiter.WaitAsync(From(address, aborted)).AsTask();
            if (!wait.IsCompletedSuccessfully) waits.Add(wait);
            else if (!wait.Result) return waits;
        }

        throw new InvalidOperationException($"None of {Enough} was refused.");
    }
}
