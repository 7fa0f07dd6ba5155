using System.Net;

namespace CaptchaCluster.Tests.Load.Http;

/// <summary>Where requests go: one address of the machine that a URL names.</summary>
/// <param name="Url">As given.</param>
/// <param name="Address">What its host stands for.</param>
internal sealed record Target(Uri Url, IPEndPoint Address)
{
    public bool IsTls => Url.Scheme == Uri.UriSchemeHttps;

    /// <summary>As the Host header has it.</summary>
    public string Host => Url.IsDefaultPort ? Url.IdnHost : $"{HostForUrl}:{Url.Port}";

    private string HostForUrl => Url.HostNameType == UriHostNameType.IPv6 ? $"[{Url.IdnHost.Trim('[', ']')}]" : Url.IdnHost;

    /// <summary>One for each address that the host of a URL has; of <c>localhost</c>, one for each that may be listened on.</summary>
    /// <exception cref="SetupException">The name has no address.</exception>
    public static async Task<IReadOnlyList<Target>> ResolveAsync(Uri url)
    {
        try
        {
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(url.DnsSafeHost);
            return [.. addresses.Select(address => new Target(url, new IPEndPoint(address, url.Port)))];
        }
        catch (Exception exception) when (exception is System.Net.Sockets.SocketException or ArgumentException)
        {
            throw new SetupException($"--url {url}: '{url.DnsSafeHost}' has no address: {exception.Message}");
        }
    }

    public override string ToString() => $"{Url} ({Address})";
}
