using System.Net;
using System.Net.Sockets;
using Orleans.Messaging;

namespace CaptchaCluster.Silo.Clustering;

/// <summary>Where gateways find the one silo of a cluster of one. A name is looked up anew each time: the silo may start again elsewhere.</summary>
internal sealed class SoleGateway(DnsEndPoint silo, Func<string, Task<IPAddress[]>> lookUp) : IGatewayListProvider
{
    public TimeSpan MaxStaleness => MembershipTiming.Refresh;

    public bool IsUpdatable => true;

    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    /// <exception cref="InvalidOperationException">The name leads to several, which may be several silos with a ledger each (I1).</exception>
    public async Task<IList<Uri>> GetGateways()
    {
        IPAddress[] addresses = await lookUp(silo.Host);
        IPAddress[] found = [.. addresses.Where(address => address.AddressFamily == AddressFamily.InterNetwork)];
        if (found.Length == 0) found = addresses;
        return found is [var address]
            ? [new IPEndPoint(address, silo.Port).ToGatewayUri()]
            : throw new InvalidOperationException(
                $"Cluster:SiloAddress is '{silo.Host}:{silo.Port}', a name of {found.Length} addresses; allowed is one of a single address, as there is one silo.");
    }
}
