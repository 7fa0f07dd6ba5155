using System.Net;
using CaptchaCluster.Verification;

namespace CaptchaCluster.Gateway.Settings;

/// <summary>Section <c>Gateway</c>.</summary>
internal sealed record GatewaySettings
{
    /// <summary>Characters of an admin key, at least.</summary>
    public const int MinAdminKeyLength = 16;

    /// <summary>Verification and health. Default <c>http://127.0.0.1:8080</c>.</summary>
    public required ListenAddress Listen { get; init; }

    /// <summary>Admin API and health; a listener of its own. Default <c>http://127.0.0.1:8081</c>.</summary>
    public required ListenAddress AdminListen { get; init; }

    /// <summary>The address the world uses, http or https, without path.</summary>
    public required Uri? PublicUrl { get; init; }

    /// <summary>Absolute. Default <c>data</c> under the content root.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>At least <see cref="MinAdminKeyLength"/> visible ASCII characters; null: the one in the data directory.</summary>
    public required string? AdminKey { get; init; }

    /// <summary>Accept <c>GET</c> for verification, which puts secrets into the logs of whatever stands in between. Default false.</summary>
    public required bool AllowGetVerification { get; init; }

    /// <summary>Networks whose <c>X-Forwarded-For</c> is believed. Default none.</summary>
    public required IReadOnlyList<IPNetwork> TrustedProxies { get; init; }

    /// <summary>
    /// Seconds for which the node goes on as before once it was told to end, while <c>/healthz/ready</c> says no: what a load
    /// balancer takes to notice. 0…300, default 0.
    /// </summary>
    public required int DrainSeconds { get; init; }

    /// <summary>
    /// Requests with an invalid secret or admin key that one address gets answered a second before it is slowed down.
    /// 0…10,000, default 20; 0 slows nobody.
    /// </summary>
    public required int InvalidSecretsPerSecond { get; init; }

    /// <summary>Answer the published test keys. Default true.</summary>
    public required bool TestKeys { get; init; }

    /// <summary>In an audit log that several share: of a machine or a pod, and of one of several there.</summary>
    public string NodeName => $"{Environment.MachineName}:{Listen.Port}";

    public static GatewaySettings Read(IConfiguration configuration, string contentRoot)
    {
        SettingsSection section = new(configuration, "Gateway");
        ListenAddress listen = ReadAddress(section, "Listen", "http://127.0.0.1:8080");
        ListenAddress adminListen = ReadAddress(section, "AdminListen", "http://127.0.0.1:8081");
        if (listen.Overlaps(adminListen))
            throw section.Wrong("AdminListen", adminListen.Text, $"an address and port other than those of Gateway:Listen ('{listen.Text}')");

        GatewaySettings settings = new()
        {
            Listen = listen,
            AdminListen = adminListen,
            PublicUrl = ReadPublicUrl(section),
            DataDirectory = ReadDataDirectory(section, contentRoot),
            AdminKey = ReadAdminKey(section),
            AllowGetVerification = section.Flag("AllowGetVerification", fallback: false),
            TrustedProxies = [.. section.List("TrustedProxies").Select(text => ReadNetwork(section, text))],
            DrainSeconds = section.Integer("DrainSeconds", 0, 0, 300, "seconds"),
            InvalidSecretsPerSecond = section.Integer("InvalidSecretsPerSecond", 20, 0, 10_000, "requests a second"),
            TestKeys = section.Flag("TestKeys", fallback: true),
        };
        section.RefuseUnknown();
        return settings;
    }

    private static ListenAddress ReadAddress(SettingsSection section, string key, string fallback)
    {
        string text = section.Text(key) ?? fallback;
        return ListenAddress.TryParse(text, out ListenAddress address, out string allowed)
            ? address
            : throw section.Wrong(key, text, allowed);
    }

    private static Uri? ReadPublicUrl(SettingsSection section)
    {
        if (section.Text("PublicUrl") is not { } text) return null;
        bool isUsable = Uri.TryCreate(text, UriKind.Absolute, out Uri? url)
            && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            && url is { PathAndQuery: "/", Fragment: "", UserInfo: "" };
        return isUsable
            ? url
            : throw section.Wrong("PublicUrl", text, "http:// or https:// and a host, with a port where needed and no path");
    }

    private static string ReadDataDirectory(SettingsSection section, string contentRoot)
    {
        string text = section.Text("DataDirectory") ?? "data";
        return !string.IsNullOrWhiteSpace(text) && !text.Contains('\0')
            ? Path.GetFullPath(text, contentRoot)
            : throw section.Wrong("DataDirectory", text, "the path of a directory on a local disk");
    }

    private static string? ReadAdminKey(SettingsSection section)
    {
        if (section.Text("AdminKey") is not { } key) return null;
        return IsAdminKey(key)
            ? key
            : throw section.Malformed(
                "AdminKey", $"has {key.Length} characters", $"must have at least {MinAdminKeyLength}, all visible ASCII");
    }

    /// <summary>Long enough, and can stand in an HTTP header as it is.</summary>
    public static bool IsAdminKey(string key) => key.Length >= MinAdminKeyLength && key.All(c => c is > ' ' and < '\u007f');

    // The BCL drops host bits; here 10.0.0.1/8 is more likely a mistake for /32 than a way to write 10.0.0.0/8. It also reads
    // 010.0.0.0 as 8.0.0.0; and an IPv4 network in IPv6 form would cover nobody, as no client's address is compared in it.
    private static IPNetwork ReadNetwork(SettingsSection section, string text) =>
        IPNetwork.TryParse(text, out IPNetwork network) && ClientAddress.TryParse(text.AsSpan(0, text.IndexOf('/')), out IPAddress address)
        && address.Equals(network.BaseAddress)
            ? network
            : throw section.Wrong("TrustedProxies", text, "networks in CIDR form without host bits, such as 10.0.0.0/8 or fd00::/8");
}
