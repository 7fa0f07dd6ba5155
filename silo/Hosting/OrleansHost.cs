using Orleans.Configuration;

namespace CaptchaCluster.Silo.Hosting;

/// <summary>Orleans in this process: signals, logging and configuration are the process's, not its own.</summary>
internal static class OrleansHost
{
    // What Orleans may take to hand grains over; then it is cut off, and nothing is lost by that (I1).
    private static readonly TimeSpan ShutdownPatience = TimeSpan.FromSeconds(20);

    public static HostApplicationBuilder CreateBuilder(ILoggerFactory loggers)
    {
        HostApplicationBuilder builder = new(new HostApplicationBuilderSettings { DisableDefaults = true, EnvironmentName = Environments.Production });
        builder.Services.AddSingleton<ILoggerFactory>(new SharedLoggers(loggers));
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = ShutdownPatience);
        return builder;
    }

    /// <summary>For those calls that name no time of their own.</summary>
    public static void Configure(MessagingOptions messaging) => messaging.ResponseTimeout = TimeSpan.FromSeconds(15);

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>The host disposes of what it was given; these go on.</summary>
    private sealed class SharedLoggers(ILoggerFactory loggers) : ILoggerFactory
    {
        public ILogger CreateLogger(string categoryName) => loggers.CreateLogger(categoryName);

        public void AddProvider(ILoggerProvider provider) => loggers.AddProvider(provider);

        public void Dispose()
        {
        }
    }
}
