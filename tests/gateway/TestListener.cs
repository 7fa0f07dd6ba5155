using System.Diagnostics.Metrics;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CaptchaCluster.Tests.Gateway;

/// <summary>A listener on a free port with a handler of the test's, and all that it logs and measures.</summary>
internal sealed class TestListener : IAsyncDisposable
{
    public const string Text = "here";

    private readonly Listener listener;
    private readonly Meter meter = new(Instrumentation.Name);

    private TestListener(ListenerLimits limits, RequestDelegate handler, TimeSpan drainGrace, TimeSpan shutdownGrace)
    {
        Measured = new Measurements(meter);
        Assert.True(ListenAddress.TryParse("http://127.0.0.1:0", out ListenAddress address, out _));
        listener = new Listener("Gateway:Listen", address, limits, onSocketThreads: true, new ListenerTelemetry(Logs, meter, Clock))
        {
            DrainGrace = drainGrace,
            ShutdownGrace = shutdownGrace,
        };
        listener.App.MapFallback("{**path}", handler);
    }

    public static ListenerLimits Limits { get; } = new() { MaxBodySize = 1024, MaxConnections = 100 };

    public Uri Address => listener.Address;

    public WebApplication App => listener.App;

    public ManualClock Clock { get; } = new();

    public CollectedLogs Logs { get; } = new();

    public Measurements Measured { get; }

    /// <param name="limits">Those that are not given are as they are in the product.</param>
    /// <param name="handler">Of every request; null: answers <see cref="Text"/> to whatever comes.</param>
    /// <param name="drainGrace">As the listener's.</param>
    /// <param name="shutdownGrace">As the listener's; zero: a minute.</param>
    public static async Task<TestListener> StartAsync(
        ListenerLimits limits, RequestDelegate? handler = null, TimeSpan drainGrace = default, TimeSpan shutdownGrace = default)
    {
        TestListener test = new(limits, handler ?? AnswerAsync, drainGrace, shutdownGrace == default ? TimeSpan.FromMinutes(1) : shutdownGrace);
        await test.listener.StartAsync();
        return test;
    }

    public async ValueTask DisposeAsync()
    {
        await listener.DisposeAsync();
        Measured.Dispose();
        meter.Dispose();
    }

    private static Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentLength = Text.Length;
        return context.Response.WriteAsync(Text);
    }
}
