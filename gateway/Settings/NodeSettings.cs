using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Gateway.Settings;

/// <summary>All settings of a node, checked.</summary>
internal sealed record NodeSettings(
    GatewaySettings Gateway, StoreSettings Store, TokenSettings Tokens, RedemptionSettings Redemption, OtlpSettings? Otlp)
{
    private const string Cluster = "Cluster";

    private static readonly string[] Sections = ["Gateway", "Store", "Tokens", "Redemption", Cluster, "Logging"];

    public TokenLimits TokenLimits => new(Tokens.MaxTtlSeconds, Redemption.MaxClockSkewSeconds);

    /// <summary>Of a gateway that is a node of its own.</summary>
    /// <exception cref="StartupException">One is wrong, missing or contradicts another; the message names it.</exception>
    public static NodeSettings Read(IConfiguration configuration, string contentRoot)
    {
        RefuseCluster(configuration);
        NodeSettings settings = ReadOfMember(configuration, contentRoot);
        if (settings.Store.IsShared) settings.RefuseWithoutSharedKeys("Store:Kind=postgres", "every gateway over the database needs the same");
        return settings;
    }

    /// <summary>Of a process in a cluster, whose own settings are not read here.</summary>
    /// <exception cref="StartupException">One is wrong or contradicts another; the message names it.</exception>
    public static NodeSettings ReadOfMember(IConfiguration configuration, string contentRoot)
    {
        LoggingSettings.Read(configuration);
        return new NodeSettings(
            GatewaySettings.Read(configuration, contentRoot),
            StoreSettings.Read(configuration),
            TokenSettings.Read(configuration),
            RedemptionSettings.Read(configuration),
            OtlpSettings.Read(configuration));
    }

    /// <summary>Each gateway would make its own, and refuse the tokens of the others.</summary>
    public void RefuseWithoutSharedKeys(string setting, string why)
    {
        if (Tokens.Keys is null) throw new StartupException($"Tokens:Keys:<kid> and Tokens:SigningKey are missing with {setting}; {why}.");
        if (Gateway.AdminKey is null) throw new StartupException($"Gateway:AdminKey is missing with {setting}; {why}.");
    }

    /// <summary>Whether a key of this form can be a setting at all.</summary>
    public static bool IsSetting(string key) =>
        Sections.Any(section => key.Length > section.Length + 1 && key.StartsWith(section + ":", StringComparison.OrdinalIgnoreCase));

    // Whoever sets one believes to start a cluster.
    private static void RefuseCluster(IConfiguration configuration)
    {
        if (configuration.GetSection(Cluster).GetChildren().FirstOrDefault() is { } entry)
            throw new StartupException($"{entry.Path} is set, and this is a single node, which has no cluster; leave it out.");
    }
}
