namespace CaptchaCluster.Gateway.Settings;

/// <summary>Section <c>Store</c>: where redemptions and sites are durable.</summary>
internal sealed record StoreSettings
{
    private const string File = "file";
    private const string Postgres = "postgres";

    /// <summary>In a database that other gateways use too; else in the data directory.</summary>
    public bool IsShared => ConnectionString is not null;

    /// <summary>Of the database; null with <c>Store:Kind=file</c>.</summary>
    public required string? ConnectionString { get; init; }

    /// <summary>Accept a database server that may forget what it has confirmed. Default false.</summary>
    public required bool AllowVolatileServer { get; init; }

    public static StoreSettings Read(IConfiguration configuration)
    {
        SettingsSection section = new(configuration, "Store");
        string kind = section.Text("Kind") ?? File;
        if (kind == "azure") throw section.Wrong("Kind", kind, $"'{File}' or '{Postgres}'; '{kind}' is not available in this build");
        if (kind is not (File or Postgres)) throw section.Wrong("Kind", kind, $"'{File}' or '{Postgres}'");
        string? connection = section.Text("ConnectionString");
        bool isVolatile = section.Flag("AllowVolatileServer", fallback: false);
        if (kind == File && connection is not null)
            throw section.Malformed("ConnectionString", $"is given with Store:Kind={File}, which connects to nothing", "must be left out");
        if (kind == Postgres && string.IsNullOrWhiteSpace(connection))
            throw section.Malformed("ConnectionString", $"is missing with Store:Kind={Postgres}", "must be of the form Host=…;Database=…;Username=…;Password=…");
        section.RefuseUnknown();
        return new StoreSettings { ConnectionString = connection, AllowVolatileServer = isVolatile };
    }
}
