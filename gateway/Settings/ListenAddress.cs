using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CaptchaCluster.Gateway.Settings;

/// <summary>An address to bind: <c>http://host:port</c> with an IP address, <c>localhost</c>, or <c>*</c>, <c>+</c>, <c>[::]</c> for all.</summary>
internal sealed record ListenAddress
{
    private enum Reach
    {
        Address,
        Localhost,
        Everywhere,
    }

    private readonly Reach reach;
    private readonly IPAddress address;

    private ListenAddress(string text, Reach reach, IPAddress address, int port)
    {
        Text = text;
        Port = port;
        this.reach = reach;
        this.address = address;
    }

    public string Text { get; }

    /// <summary>0: any that is free.</summary>
    public int Port { get; }

    public bool IsLoopback => reach switch
    {
        Reach.Localhost => true,
        Reach.Address => IPAddress.IsLoopback(address),
        Reach.Everywhere => false,
        _ => throw new InvalidOperationException(),
    };

    /// <param name="text">As configured.</param>
    /// <param name="result">The address, where it is one.</param>
    /// <param name="allowed">Otherwise what would be.</param>
    public static bool TryParse(string text, out ListenAddress result, out string allowed)
    {
        const string scheme = "http://";
        result = null!;
        allowed = "http://host:port, with an IP address, localhost, * or [::] as host, a port from 0 to 65535, and no path";
        if (text.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            allowed = "http://host:port; TLS ends at the proxy or load balancer in front";
        if (!text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)) return false;

        string authority = text[scheme.Length..];
        if (authority.EndsWith('/')) authority = authority[..^1];
        int colon = authority.LastIndexOf(':');
        ReadOnlySpan<char> digits = authority.AsSpan(colon + 1);
        if (colon < 0 || !ushort.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)) return false;
        if (!TryParseHost(authority[..colon], out Reach reach, out IPAddress address)) return false;
        if (reach == Reach.Localhost && port == 0)
        {
            allowed = "a port from 1 to 65535 with localhost; 127.0.0.1 or [::1] can have any free one (port 0)";
            return false;
        }

        result = new ListenAddress(text, reach, address, port);
        return true;
    }

    /// <summary>Whether both cannot be bound at once.</summary>
    public bool Overlaps(ListenAddress other)
    {
        if (Port == 0 || Port != other.Port) return false;
        if (reach == Reach.Everywhere || other.reach == Reach.Everywhere) return true;
        if (reach == Reach.Localhost || other.reach == Reach.Localhost) return IsLoopback && other.IsLoopback;
        return address.Equals(other.address) || IsWildcard(address) || IsWildcard(other.address);
    }

    public void Bind(KestrelServerOptions server, Action<ListenOptions> configure)
    {
        switch (reach)
        {
            case Reach.Address:
                server.Listen(address, Port, configure);
                break;
            case Reach.Localhost:
                server.ListenLocalhost(Port, configure);
                break;
            case Reach.Everywhere:
                server.ListenAnyIP(Port, configure);
                break;
        }
    }

    public override string ToString() => Text;

    private static bool TryParseHost(string host, out Reach reach, out IPAddress address)
    {
        (reach, address) = (Reach.Address, IPAddress.None);
        if (host is "*" or "+" or "[::]") reach = Reach.Everywhere;
        else if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase)) reach = Reach.Localhost;
        else if (host is ['[', .. var inner, ']']) return inner.Contains(':') && IPAddress.TryParse(inner, out address!);
        else return host.Count(c => c == '.') == 3 && IPAddress.TryParse(host, out address!);
        return true;
    }

    private static bool IsWildcard(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
