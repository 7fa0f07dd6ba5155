using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Logging;
using Microsoft.Extensions.Logging.Console;

namespace CaptchaCluster.Gateway.Settings;

/// <summary>
/// Section <c>Logging</c>, which is .NET's own: what there can be wrong without anybody noticing is refused. Everything else
/// in it is read by .NET.
/// </summary>
internal static class LoggingSettings
{
    private static readonly string[] Formatters = [LogfmtFormatter.Word, JsonLineFormatter.Word];
    private static readonly string[] Levels = Enum.GetNames<LogLevel>();
    private static readonly string[] QueueFullModes = Enum.GetNames<ConsoleLoggerQueueFullMode>();

    public static void Read(IConfiguration configuration)
    {
        IConfigurationSection section = configuration.GetSection("Logging");
        SettingsSection console = new(configuration, "Logging:Console");
        console.Integer("MaxQueueLength", 2500, 1, 1_000_000, "lines");
        RefuseOtherThan(section.GetSection("Console:FormatterName"), Formatters);
        RefuseOtherThan(section.GetSection("Console:QueueFullMode"), QueueFullModes);
        RefuseOtherThan(section.GetSection("Console:LogToStandardErrorThreshold"), Levels);
        foreach (IConfigurationSection level in section.GetSection("LogLevel").GetChildren()) RefuseOtherThan(level, Levels);
        foreach (IConfigurationSection level in section.GetSection("Console:LogLevel").GetChildren()) RefuseOtherThan(level, Levels);
    }

    private static void RefuseOtherThan(IConfigurationSection entry, string[] allowed)
    {
        if (entry.Value is { } value && !allowed.Contains(value, StringComparer.OrdinalIgnoreCase))
            throw new StartupException($"{entry.Path} is '{value}'; allowed is one of {string.Join(", ", allowed)}.");
    }
}
