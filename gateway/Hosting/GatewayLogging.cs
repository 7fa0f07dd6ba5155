namespace CaptchaCluster.Gateway.Hosting;

/// <summary>One console logger for both listeners.</summary>
internal static class GatewayLogging
{
    public static ILoggerFactory Create(IConfiguration configuration) => LoggerFactory.Create(logging => logging
        .AddFilter("Microsoft", LogLevel.Warning)

        // It logs a request that is not HTTP as an error with its stack, so that any client could fill the disk with lines.
        // Our own errors are logged where they are caught; Logging:LogLevel brings the server's back.
        .AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Critical)
        .AddConfiguration(configuration.GetSection("Logging"))
        .AddConsole()

        // I11: it writes paths with their query, where a caller may have put a secret; so no setting brings it back.
        // Disabled, it also spares every request an activity and a log scope.
        .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None));
}
