using CaptchaCluster.Gateway.Settings;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>
/// The command line: the switch <c>--restored</c>, <c>--contentRoot=DIR</c>, and any setting as <c>--Gateway:Listen=VALUE</c>.
/// Anything else is refused: a mistyped <c>--restored</c> must not start over a restored ledger as if it were a whole one.
/// </summary>
/// <param name="Restored">The ledger came from a backup.</param>
/// <param name="ContentRoot">Absolute; where appsettings.json is, and what a relative data directory resolves against.</param>
/// <param name="Settings">As <c>--key=value</c>.</param>
internal sealed record CommandLine(bool Restored, string ContentRoot, string[] Settings)
{
    private const string RestoredSwitch = "--restored";
    private const string ContentRootOption = "contentRoot";

    /// <exception cref="StartupException">Something on it means nothing.</exception>
    public static CommandLine Parse(string[] args)
    {
        bool restored = false;
        string contentRoot = Directory.GetCurrentDirectory();
        List<string> settings = [];
        for (int i = 0; i < args.Length; i++)
        {
            if (args[i] == RestoredSwitch)
            {
                restored = true;
                continue;
            }

            string[] parts = args[i].Split('=', 2);
            string key = parts[0].StartsWith("--", StringComparison.Ordinal) ? parts[0][2..] : "";
            bool isContentRoot = key.Equals(ContentRootOption, StringComparison.OrdinalIgnoreCase);
            if (!isContentRoot && !NodeSettings.IsSetting(key)) throw Unknown(parts[0]);
            if (parts.Length == 1 && ++i == args.Length)
                throw new StartupException($"{parts[0]} on the command line lacks its value; write {parts[0]}=VALUE.");
            string value = parts.Length == 2 ? parts[1] : args[i];
            if (isContentRoot) contentRoot = Path.GetFullPath(value);
            else settings.Add($"--{key}={value}");
        }

        return new CommandLine(restored, contentRoot, [.. settings]);
    }

    /// <summary>appsettings.json, then the environment, then the command line; the later wins.</summary>
    public IConfiguration BuildConfiguration()
    {
        try
        {
            return new ConfigurationBuilder()
                .SetBasePath(ContentRoot)
                .AddJsonFile("appsettings.json", optional: true)
                .AddEnvironmentVariables()
                .AddCommandLine(Settings)
                .Build();
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            string detail = exception.InnerException is FormatException { InnerException: { } json } ? json.Message : exception.Message;
            throw new StartupException($"appsettings.json in '{ContentRoot}' cannot be read: {detail}", exception);
        }
    }

    // Only what stands before '=': behind it there may be a key.
    private static StartupException Unknown(string argument) => new(
        $"'{argument}' on the command line is unknown; "
        + $"allowed are {RestoredSwitch}, --{ContentRootOption}=DIR and settings as --Gateway:Listen=VALUE.");
}
