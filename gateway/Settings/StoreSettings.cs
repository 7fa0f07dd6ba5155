namespace CaptchaCluster.Gateway.Settings;

/// <summary>Section <c>Store</c>: where redemptions and sites are durable.</summary>
internal static class StoreSettings
{
    private const string File = "file";

    /// <summary>Accepts <c>Store:Kind=file</c> (the default), the only store of this build.</summary>
    public static void Read(IConfiguration configuration)
    {
        SettingsSection section = new(configuration, "Store");
        string kind = section.Text("Kind") ?? File;
        if (kind is "postgres" or "azure") throw section.Wrong("Kind", kind, $"'{File}'; '{kind}' is not available in this build");
        if (kind != File) throw section.Wrong("Kind", kind, $"'{File}'");
        if (section.Text("ConnectionString") is not null)
            throw section.Malformed("ConnectionString", $"is given with Store:Kind={File}, which connects to nothing", "must be left out");
        section.RefuseUnknown();
    }
}
