using CaptchaCluster.Gateway.Hosting;
using Microsoft.Extensions.Logging.Console;

namespace CaptchaCluster.Gateway.Logging;

/// <summary>One console logger for both listeners: an event is one line, as <see cref="LineFormatter"/> writes it.</summary>
internal static class GatewayLogging
{
    /// <param name="configuration">Of which the section Logging is read.</param>
    /// <param name="redaction">What must not be written.</param>
    /// <param name="clock">Wall time.</param>
    /// <exception cref="StartupException">The section Logging holds something that cannot be used.</exception>
    public static ILoggerFactory Create(IConfiguration configuration, Redaction redaction, TimeProvider clock)
    {
        try
        {
            return LoggerFactory.Create(logging => Configure(logging, configuration.GetSection("Logging"), redaction, clock));
        }
        catch (InvalidOperationException exception)
        {
            throw new StartupException($"The section Logging cannot be used: {exception.Message}", exception);
        }
    }

    private static void Configure(ILoggingBuilder logging, IConfigurationSection section, Redaction redaction, TimeProvider clock)
    {
        logging.AddFilter("Microsoft", LogLevel.Warning);

        // It logs a request that is not HTTP as an error with its stack, so that any client could fill the disk with lines.
        // Our own errors are logged where they are caught; Logging:LogLevel brings the server's back.
        logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Critical);
        logging.AddConfiguration(section);

        // Ahead of the console's own: of two with one name the first is taken.
        logging.Services.AddSingleton<ConsoleFormatter>(new LogfmtFormatter(clock, redaction));
        logging.Services.AddSingleton<ConsoleFormatter>(new JsonLineFormatter(clock, redaction));
        logging.AddConsole(console =>
        {
            console.FormatterName ??= LogfmtFormatter.Word;

            // Who does not read our output must not bring verification to a stand; how many lines were lost is told.
            if (section[$"Console:{nameof(console.QueueFullMode)}"] is null) console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });

        // I11: it writes paths with their query, where a caller may have put a secret; so no setting brings it back.
        // Disabled, it also spares every request an activity and a log scope.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
    }
}
