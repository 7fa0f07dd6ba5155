using System.Net;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Redemption;

namespace CaptchaCluster.Silo.Settings;

internal enum ClusterRole
{
    /// <summary>Records redemptions; its ports are for the cluster only.</summary>
    Silo,

    /// <summary>Answers the world, and knows no database.</summary>
    Gateway,

    Both,
}

/// <summary>How the members of a cluster find each other.</summary>
internal enum Clustering
{
    /// <summary>On one machine, for development: the silo at <see cref="ClusterSettings.PrimaryPort"/> knows who is there, in memory.</summary>
    Localhost,

    /// <summary>By tables in PostgreSQL.</summary>
    AdoNet,

    Redis,

    /// <summary>There is one silo, which takes no other in; gateways are told where it is.</summary>
    Single,
}

/// <summary>Section <c>Cluster</c>.</summary>
internal sealed record ClusterSettings
{
    /// <summary>Of the silo that all others on the machine ask, with <c>Clustering=localhost</c>.</summary>
    public const int PrimaryPort = 11111;

    private static readonly Dictionary<string, ClusterRole> Roles = new() { ["silo"] = ClusterRole.Silo, ["gateway"] = ClusterRole.Gateway, ["both"] = ClusterRole.Both };

    private static readonly Dictionary<string, Clustering> Kinds = new() { ["localhost"] = Clustering.Localhost, ["adonet"] = Clustering.AdoNet, ["redis"] = Clustering.Redis, ["single"] = Clustering.Single };

    public required ClusterRole Role { get; init; }

    /// <summary>Default <c>adonet</c>.</summary>
    public required Clustering Clustering { get; init; }

    /// <summary>Of the database, or the Redis, that holds who is in the cluster. Default with <c>adonet</c> and a store: the store's.</summary>
    public required string? ConnectionString { get; init; }

    /// <summary>Where a gateway reaches the one silo, by its <see cref="GatewayPort"/>; with <c>single</c>, and null else.</summary>
    public required DnsEndPoint? SiloAddress { get; init; }

    /// <summary>Tells clusters apart that share it. Default <c>captchacluster</c>.</summary>
    public required string Id { get; init; }

    /// <summary>1…1,024. Null: what the cluster was started with, or <see cref="DefaultShards"/> where it never was.</summary>
    public required int? Shards { get; init; }

    public const int DefaultShards = 16;

    private const string AddressForm = "host:port, the address of the one silo and its Cluster:GatewayPort";

    /// <summary>Where other silos reach this one. Default 11111.</summary>
    public required int SiloPort { get; init; }

    /// <summary>Where gateways reach this silo. Default 30000.</summary>
    public required int GatewayPort { get; init; }

    /// <summary>Of this silo, as the others reach it. Default: the first that is not loopback; with <c>localhost</c> 127.0.0.1.</summary>
    public required IPAddress? AdvertisedAddress { get; init; }

    /// <summary>Health of a silo that is no gateway. Default <c>http://127.0.0.1:8082</c>.</summary>
    public required ListenAddress HealthListen { get; init; }

    /// <summary>In an audit log that several share: of a silo.</summary>
    public string NodeName => $"{Environment.MachineName}:{SiloPort}";

    public bool HasSilo => Role is ClusterRole.Silo or ClusterRole.Both;

    public bool HasGateway => Role is ClusterRole.Gateway or ClusterRole.Both;

    /// <exception cref="StartupException">One is wrong, missing or contradicts another; the message names it.</exception>
    public static ClusterSettings Read(IConfiguration configuration, NodeSettings node)
    {
        SettingsSection section = new(configuration, "Cluster");
        ClusterRole role = OneOf(section, "Role", section.Text("Role"), Roles);
        Clustering clustering = OneOf(section, "Clustering", section.Text("Clustering") ?? "adonet", Kinds);
        RefuseUnsharedStore(role, clustering, node);
        ClusterSettings settings = new()
        {
            Role = role,
            Clustering = clustering,
            ConnectionString = ReadConnectionString(section, clustering, node.Store.ConnectionString),
            SiloAddress = ReadSiloAddress(section),
            Id = ReadId(section),
            Shards = section.Text("Shards") is null ? null : section.Integer("Shards", DefaultShards, 1, ShardCount.Most, "shards"),
            SiloPort = section.Integer("SiloPort", PrimaryPort, 1, 65_535, "a port"),
            GatewayPort = section.Integer("GatewayPort", 30_000, 1, 65_535, "a port"),
            AdvertisedAddress = ReadAddress(section),
            HealthListen = ReadHealthListen(section),
        };
        section.RefuseUnknown();
        settings.RefuseContradictions(configuration, section, node);
        return settings;
    }

    // Before what only other stores need is missed.
    private static void RefuseUnsharedStore(ClusterRole role, Clustering clustering, NodeSettings node)
    {
        if (role == ClusterRole.Gateway || node.Store.IsShared || clustering == Clustering.Single) return;
        throw new StartupException(
            $"Store:Kind is 'file'; allowed is 'postgres' with Cluster:Role={role.ToString().ToLowerInvariant()}, as all silos share what they record, or Cluster:Clustering=single, with which there is one.");
    }

    private void RefuseContradictions(IConfiguration configuration, SettingsSection section, NodeSettings node)
    {
        string role = $"Cluster:Role={Role.ToString().ToLowerInvariant()}";
        if (!HasSilo && configuration.GetSection("Store").GetChildren().FirstOrDefault() is { } store)
            throw new StartupException($"{store.Path} is set with {role}, which has no store; leave it out.");
        if (!HasSilo && Shards is { } shards)
            throw section.Wrong("Shards", $"{shards}", $"none with {role}: the silos tell it");
        bool isFar = Clustering == Clustering.Single && !HasSilo;
        if (isFar && SiloAddress is null)
            throw section.Malformed("SiloAddress", $"is missing with {role} and Cluster:Clustering=single", $"must be {AddressForm}");
        if (!isFar && SiloAddress is { } silo)
            throw section.Wrong("SiloAddress", $"{silo.Host}:{silo.Port}", "none but with Cluster:Role=gateway and Cluster:Clustering=single");
        if (HasGateway) node.RefuseWithoutSharedKeys(role, "every gateway of the cluster needs the same");
        if (SiloPort == GatewayPort) throw section.Wrong("GatewayPort", $"{GatewayPort}", "a port other than Cluster:SiloPort");
    }

    private static T OneOf<T>(SettingsSection section, string key, string? text, Dictionary<string, T> known)
    {
        string allowed = $"one of {string.Join(", ", known.Keys)}";
        if (text is null) throw section.Malformed(key, "is missing", $"must be {allowed}");
        return known.TryGetValue(text, out T? value) ? value : throw section.Wrong(key, text, allowed);
    }

    private static string? ReadConnectionString(SettingsSection section, Clustering clustering, string? store)
    {
        string? text = section.Text("ConnectionString");
        switch (clustering)
        {
            case Clustering.Localhost or Clustering.Single:
                return text is null
                    ? null
                    : throw section.Malformed(
                        "ConnectionString", $"is given with Cluster:Clustering={clustering.ToString().ToLowerInvariant()}, which connects to nothing", "must be left out");
            case Clustering.AdoNet:
                return text ?? store
                    ?? throw section.Malformed("ConnectionString", "is missing with Cluster:Clustering=adonet", "must be of the form Host=…;Database=…;Username=…;Password=…");
            default:
                return text ?? throw section.Malformed("ConnectionString", "is missing with Cluster:Clustering=redis", "must be of the form host:port,password=…");
        }
    }

    private static string ReadId(SettingsSection section)
    {
        string id = section.Text("Id") ?? "captchacluster";
        return id.Length is > 0 and <= 60 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? id
            : throw section.Wrong("Id", id, "1 to 60 letters, digits, '-', '_' and '.'");
    }

    private static DnsEndPoint? ReadSiloAddress(SettingsSection section)
    {
        if (section.Text("SiloAddress") is not { } text) return null;
        return Uri.TryCreate($"tcp://{text}", UriKind.Absolute, out Uri? uri) && uri is { Port: > 0, PathAndQuery: "/", UserInfo: "", Fragment: "" } && text[^1] != '/'
            ? new DnsEndPoint(uri.DnsSafeHost, uri.Port)
            : throw section.Wrong("SiloAddress", text, AddressForm);
    }

    private static IPAddress? ReadAddress(SettingsSection section)
    {
        if (section.Text("AdvertisedAddress") is not { } text) return null;
        return IPAddress.TryParse(text, out IPAddress? address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)
            ? address
            : throw section.Wrong("AdvertisedAddress", text, "an IP address of this machine that the others reach");
    }

    private static ListenAddress ReadHealthListen(SettingsSection section)
    {
        string text = section.Text("HealthListen") ?? "http://127.0.0.1:8082";
        return ListenAddress.TryParse(text, out ListenAddress address, out string allowed) ? address : throw section.Wrong("HealthListen", text, allowed);
    }
}
