using System.Net;
using CaptchaCluster.Verification;
using Microsoft.Extensions.Primitives;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>
/// Says where a request comes from: its peer, or, where that is a trusted proxy, the first hop from the right of
/// <c>X-Forwarded-For</c> that is none. What stands further left, the client may have written itself.
/// </summary>
/// <param name="trustedProxies">Gateway:TrustedProxies; where there are none the header is not looked at.</param>
internal sealed class ClientAddresses(IEnumerable<IPNetwork> trustedProxies)
{
    /// <summary>A longer way through trusted proxies is not followed (I10).</summary>
    public const int MaxHops = 32;

    private const string ForwardedFor = "X-Forwarded-For";

    private readonly IPNetwork[] trusted = [.. trustedProxies];

    /// <summary>An IPv4 address is never given in its IPv6 form.</summary>
    public IPAddress Of(HttpContext context)
    {
        IPAddress peer = context.Connection.RemoteIpAddress ?? IPAddress.None;
        if (peer.IsIPv4MappedToIPv6) peer = peer.MapToIPv4();
        return trusted.Length == 0 ? peer : Follow(peer, context.Request.Headers[ForwardedFor]);
    }

    // A hop that is no address ends the way at the proxy that told of it, which vouches for nothing further left.
    private IPAddress Follow(IPAddress peer, StringValues lines)
    {
        IPAddress client = peer;
        ReadOnlySpan<char> left = string.Join(',', lines.ToArray());
        for (int hops = 0; hops < MaxHops && IsTrusted(client); hops++)
        {
            int comma = left.LastIndexOf(',');
            if (!ClientAddress.TryParse(left[(comma + 1)..], out IPAddress hop)) break;
            client = hop;
            left = left[..Math.Max(comma, 0)];
        }

        return client;
    }

    private bool IsTrusted(IPAddress address)
    {
        foreach (IPNetwork network in trusted)
        {
            if (network.Contains(address)) return true;
        }

        return false;
    }
}
