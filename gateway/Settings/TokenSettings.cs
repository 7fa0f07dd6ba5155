using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Gateway.Settings;

/// <summary>Section <c>Tokens</c>.</summary>
internal sealed record TokenSettings
{
    private const int LongestTtlSeconds = 7 * 24 * 3600;

    /// <summary>Seconds from minting to expiry of tokens of a site that names no others: 1…<see cref="MaxTtlSeconds"/>. Default 600.</summary>
    public required int DefaultTtlSeconds { get; init; }

    /// <summary>Seconds, 1…604,800. A redemption is kept in memory and on disk for as long. Default 7200.</summary>
    public required int MaxTtlSeconds { get; init; }

    /// <summary>The configured ring; null: the one in the data directory.</summary>
    public required KeyRing? Keys { get; init; }

    public static TokenSettings Read(IConfiguration configuration)
    {
        SettingsSection section = new(configuration, "Tokens");
        TokenSettings settings = new()
        {
            MaxTtlSeconds = section.Integer("MaxTtlSeconds", 7200, 1, LongestTtlSeconds, "seconds"),
            DefaultTtlSeconds = section.Integer("DefaultTtlSeconds", 600, 1, LongestTtlSeconds, "seconds"),
            Keys = ReadKeys(section),
        };
        section.RefuseUnknown();
        if (settings.DefaultTtlSeconds > settings.MaxTtlSeconds)
        {
            throw section.Wrong(
                "DefaultTtlSeconds", $"{settings.DefaultTtlSeconds}", $"at most Tokens:MaxTtlSeconds, which is {settings.MaxTtlSeconds}");
        }

        return settings;
    }

    private static KeyRing? ReadKeys(SettingsSection section)
    {
        IReadOnlyDictionary<string, string> texts = section.Map("Keys");
        foreach (string id in texts.Keys) RefuseUnlessId("A name in Tokens:Keys", id);
        string? signer = section.Text("SigningKey");
        if (signer is not null) RefuseUnlessId("Tokens:SigningKey", signer);
        if (texts.Count == 0)
        {
            return signer is null
                ? null
                : throw section.Wrong("SigningKey", signer, "the name of one of Tokens:Keys:<kid>, of which none is given");
        }

        string names = string.Join(", ", texts.Keys);
        if (signer is null) throw section.Malformed("SigningKey", "is missing", $"must name the one of Tokens:Keys that signs: {names}");
        Dictionary<string, byte[]> keys = [];
        foreach ((string id, string text) in texts) keys.Add(id, ReadKey(section, id, text));
        return keys.ContainsKey(signer)
            ? new KeyRing(keys, signer)
            : throw section.Wrong("SigningKey", signer, $"one of {names} (Tokens:Keys)");
    }

    private static byte[] ReadKey(SettingsSection section, string id, string text)
    {
        byte[] key = new byte[SigningKey.Size];
        bool isKey = Convert.TryFromBase64String(text, key, out int length) && length == SigningKey.Size;
        if (!isKey)
            throw section.Malformed($"Keys:{id}", $"has a value of {text.Length} characters", $"must be the base64 of {SigningKey.Size} bytes");
        return key;
    }

    private static void RefuseUnlessId(string what, string text)
    {
        if (!SigningKey.IsId(text)) throw new StartupException($"{what} {SigningKey.WrongId(text)}");
    }
}
