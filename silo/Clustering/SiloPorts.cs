using System.Net;
using System.Net.Sockets;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Silo.Settings;

namespace CaptchaCluster.Silo.Clustering;

/// <summary>
/// Orleans shares a port that another process listens at: connections then go to either of them, and a silo at the address of
/// another takes itself for its next start, and has it ended. So that is looked at before.
/// </summary>
internal static class SiloPorts
{
    /// <exception cref="StartupException">One is in use.</exception>
    public static void RequireFree(ClusterSettings settings)
    {
        RequireFree("Cluster:SiloPort", settings.SiloPort);
        RequireFree("Cluster:GatewayPort", settings.GatewayPort);
    }

    private static void RequireFree(string setting, int port)
    {
        try
        {
            using TcpListener listener = new(IPAddress.Any, port);
            listener.Start();
        }
        catch (SocketException exception)
        {
            throw new StartupException($"{setting} is '{port}', which cannot be bound: {exception.Message}; allowed is a free port of this machine.", exception);
        }
    }
}
