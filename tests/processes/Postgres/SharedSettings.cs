namespace CaptchaCluster.Tests.Processes.Postgres;

/// <summary>What gateways over one database have in common: nothing else is shared.</summary>
internal static class SharedSettings
{
    private const string Key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    /// <summary>For the environment of each.</summary>
    public static Dictionary<string, string> Over(string connectionString) => new()
    {
        ["Store__Kind"] = "postgres",
        ["Store__ConnectionString"] = connectionString,
        ["Tokens__Keys__k1"] = Key,
        ["Tokens__SigningKey"] = "k1",
    };
}
