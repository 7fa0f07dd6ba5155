namespace CaptchaCluster.Tests.Processes.Postgres;

/// <summary>What gateways over one database have in common: nothing else is shared.</summary>
internal static class SharedSettings
{
    private const string Key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    /// <summary>For the environment of each that reads or makes tokens.</summary>
    public static Dictionary<string, string> Keys => new() { ["Tokens__Keys__k1"] = Key, ["Tokens__SigningKey"] = "k1" };

    /// <summary>For the environment of each.</summary>
    public static Dictionary<string, string> Over(string connectionString) => new(Keys)
    {
        ["Store__Kind"] = "postgres",
        ["Store__ConnectionString"] = connectionString,
    };

    /// <summary>For the environment of a cluster's gateways, which have no store; the connection is for finding its silos.</summary>
    public static Dictionary<string, string> OfGateways(string connectionString) => new(Keys) { ["Cluster__ConnectionString"] = connectionString };
}
