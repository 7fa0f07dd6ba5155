using System.Net.Sockets;
using CaptchaCluster.Gateway.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>One bound address with a pipeline of its own. None of ASP.NET's settings reach it, so that nothing binds another address.</summary>
internal sealed class Listener : IAsyncDisposable
{
    private readonly string setting;
    private readonly ListenAddress address;
    private readonly ConnectionGate gate;
    private readonly ClosableTransport transport;
    private volatile bool isDraining;

    /// <param name="setting">The setting that names the address, for refusals.</param>
    /// <param name="address">What to bind.</param>
    /// <param name="limits">What clients may take.</param>
    /// <param name="onSocketThreads">See <see cref="SocketThreads"/>: for handlers that never block.</param>
    /// <param name="telemetry">Where it logs and measures.</param>
    public Listener(string setting, ListenAddress address, ListenerLimits limits, bool onSocketThreads, ListenerTelemetry telemetry)
    {
        this.setting = setting;
        this.address = address;
        gate = new ConnectionGate(limits.MaxConnections, setting, telemetry);
        WebApplicationOptions options = new() { EnvironmentName = Environments.Production };
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(options);
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = onSocketThreads);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            limits.ApplyTo(server.Limits);
            address.Bind(server, Configure);
        });
        builder.Services.AddSingleton(telemetry.Loggers);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddRoutingCore();

        // Of several the server takes the last.
        builder.Services.AddSingleton(services => new ClosableTransport(
            new SocketTransportFactory(services.GetRequiredService<IOptions<SocketTransportOptions>>(), telemetry.Loggers)));
        builder.Services.AddSingleton<IConnectionListenerFactory>(services => services.GetRequiredService<ClosableTransport>());
        App = builder.Build();
        transport = App.Services.GetRequiredService<ClosableTransport>();
        App.Use(next => context =>
        {
            if (isDraining) context.Response.Headers.Connection = "close";
            return next(context);
        });
        if (onSocketThreads) App.UseFairTurns();
    }

    public WebApplication App { get; }

    /// <summary>With the port that was free where port 0 was asked for. Valid once started.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>
    /// For how long, at the end, connections may bring one more request, which is answered and closes its connection. Who
    /// sends on the same connection at least as often is never cut off.
    /// </summary>
    public TimeSpan DrainGrace { get; init; } = TimeSpan.Zero;

    /// <summary>How long requests under way are waited for after that.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(4);

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

    /// <summary>
    /// Accepts nothing more and returns when the requests under way are answered. Those whose rest does not come within
    /// <see cref="ShutdownGrace"/> are cut off.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await DrainAsync();
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

    private async Task DrainAsync()
    {
        isDraining = true;
        await transport.CloseAsync();
        Task empty = gate.WhenEmptyAsync();
        using CancellationTokenSource enough = new(DrainGrace);
        await empty.WaitAsync(enough.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Configure(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1;
        listen.Use(next => connection => gate.AdmitAsync(connection, next));
    }

    /// <summary>Signals are the process's affair, not that of one of its listeners.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
