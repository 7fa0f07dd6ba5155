using System.Globalization;
using CaptchaCluster.Gateway.Hosting;

namespace CaptchaCluster.Gateway.Settings;

/// <summary>
/// Reads one section of the configuration strictly: every value is in range or refused, and a key that nobody asked for is
/// refused too, so that a typing error does not pass as the default. All refusals are <see cref="StartupException"/>.
/// </summary>
internal sealed class SettingsSection(IConfiguration configuration, string name)
{
    private readonly IConfigurationSection section = configuration.GetSection(name);
    private readonly List<string> known = [];

    /// <summary>A single value; null where it is not set.</summary>
    public string? Text(string key)
    {
        IConfigurationSection entry = Entry(key);
        if (entry.Value is null && entry.GetChildren().Any()) throw Wrong(key, "a list or an object", "a single value");
        return entry.Value;
    }

    public int Integer(string key, int fallback, int least, int most, string unit)
    {
        if (Text(key) is not { } text) return fallback;
        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value);
        return isNumber && value >= least && value <= most
            ? value
            : throw Wrong(key, text, $"a whole number of {unit} from {least} to {most}");
    }

    public bool Flag(string key, bool fallback)
    {
        if (Text(key) is not { } text) return fallback;
        return bool.TryParse(text, out bool value) ? value : throw Wrong(key, text, "true or false");
    }

    /// <summary>A list, or one value with commas; what is not set or empty is an empty list.</summary>
    public IReadOnlyList<string> List(string key)
    {
        IConfigurationSection entry = Entry(key);
        return entry.Value is { } text
            ? text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            : [.. entry.GetChildren().Select(child => child.Value ?? throw Wrong($"{key}:{child.Key}", "not a single value", "a single value"))];
    }

    /// <summary>Values under names of the operator's choice.</summary>
    public IReadOnlyDictionary<string, string> Map(string key)
    {
        IConfigurationSection entry = Entry(key);
        if (!string.IsNullOrEmpty(entry.Value)) throw Malformed(key, "is a single value", $"must be given as {name}:{key}:<name>");
        return entry.GetChildren().ToDictionary(
            child => child.Key,
            child => child.Value ?? throw Malformed(key, "holds something else than single values", $"must be given as {name}:{key}:<name>"));
    }

    /// <summary>Call last: everything that was asked for by then is known.</summary>
    public void RefuseUnknown()
    {
        IConfigurationSection? stranger = section.GetChildren()
            .FirstOrDefault(child => !known.Contains(child.Key, StringComparer.OrdinalIgnoreCase));
        if (stranger is null) return;
        string nearest = known.MinBy(candidate => EditDistance.Between(stranger.Key.ToUpperInvariant(), candidate.ToUpperInvariant()))!;

        // Without its value: it may be a secret under a mistyped name.
        throw new StartupException($"{name}:{stranger.Key} is not a setting; the nearest is {name}:{nearest}.");
    }

    public StartupException Wrong(string key, string value, string allowed) =>
        new($"{name}:{key} is '{Shortened(value)}'; allowed is {allowed}.");

    /// <summary>For values that must not be shown.</summary>
    public StartupException Malformed(string key, string problem, string demand) => new($"{name}:{key} {problem}; it {demand}.");

    private IConfigurationSection Entry(string key)
    {
        known.Add(key);
        return section.GetSection(key);
    }

    private static string Shortened(string value) => value.Length <= 100 ? value : value[..100] + "…";
}
