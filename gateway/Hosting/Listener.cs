using System.Net.Sockets;
using CaptchaCluster.Gateway.Settings;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>One bound address with a pipeline of its own. None of ASP.NET's settings reach it, so that nothing binds another address.</summary>
internal sealed class Listener : IAsyncDisposable
{
    private readonly string setting;
    private readonly ListenAddress address;

    /// <param name="setting">The setting that names the address, for refusals.</param>
    /// <param name="address">What to bind.</param>
    /// <param name="maxBodySize">Bytes on the wire, the framing of chunks included.</param>
    /// <param name="maxConnections">At once; further ones are closed as they come (I10).</param>
    /// <param name="onSocketThreads">See <see cref="SocketThreads"/>: for handlers that never block.</param>
    /// <param name="loggers">Not owned.</param>
    public Listener(
        string setting, ListenAddress address, int maxBodySize, int maxConnections, bool onSocketThreads, ILoggerFactory loggers)
    {
        this.setting = setting;
        this.address = address;
        WebApplicationOptions options = new() { EnvironmentName = Environments.Production };
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(options);
        if (onSocketThreads) builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server => Configure(server, address, maxBodySize, maxConnections));
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddRoutingCore();
        App = builder.Build();
        if (onSocketThreads) App.UseFairTurns();
    }

    public WebApplication App { get; }

    /// <summary>With the port that was free where port 0 was asked for. Valid once started.</summary>
    public Uri Address { get; private set; } = null!;

    /// <exception cref="StartupException">The address cannot be bound.</exception>
    public async Task StartAsync()
    {
        try
        {
            await App.StartAsync();
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            string cause = (exception.GetBaseException() as SocketException ?? exception).Message;
            throw new StartupException(
                $"{setting} is '{address}', which cannot be bound: {cause}; allowed is a free address and port of this machine.", exception);
        }

        IServerAddressesFeature bound = App.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        Address = new Uri(bound.Addresses.First());
    }

    /// <summary>How long requests under way are waited for; both listeners together stay below the 10 s that container runtimes give.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Accepts nothing more and returns when the requests under way are answered. Those whose rest does not come within
    /// <see cref="ShutdownGrace"/> are cut off.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource grace = new(ShutdownGrace);
        try
        {
            await App.StopAsync(grace.Token);
        }
        catch (OperationCanceledException) when (grace.IsCancellationRequested)
        {
            // The server has cut off what was left.
        }

        await App.DisposeAsync();
    }

    private static void Configure(KestrelServerOptions server, ListenAddress address, int maxBodySize, int maxConnections)
    {
        server.AddServerHeader = false;
        server.Limits.MaxRequestBodySize = maxBodySize;
        server.Limits.MaxRequestLineSize = 8 * 1024;
        server.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);

        // Longer than the 60 s of usual proxies in front, so that they close first; shorter than an idle flood would like.
        server.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(75);
        server.Limits.MaxConcurrentConnections = Math.Max(1, maxConnections / address.SocketCount); // the server counts per socket
        address.Bind(server, listen => listen.Protocols = HttpProtocols.Http1);
    }

    /// <summary>Signals are the process's affair, not that of one of its listeners.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
