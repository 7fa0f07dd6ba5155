namespace CaptchaCluster.Gateway.Settings;

/// <summary>Section <c>Redemption</c>.</summary>
/// <param name="MaxClockSkewSeconds">How far clocks may be apart, in seconds: 1…3600. Default 300.</param>
internal sealed record RedemptionSettings(int MaxClockSkewSeconds)
{
    public static RedemptionSettings Read(IConfiguration configuration)
    {
        SettingsSection section = new(configuration, "Redemption");
        RedemptionSettings settings = new(section.Integer("MaxClockSkewSeconds", 300, 1, 3600, "seconds"));
        section.RefuseUnknown();
        return settings;
    }
}
