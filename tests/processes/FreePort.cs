using System.Net;
using System.Net.Sockets;

namespace CaptchaCluster.Tests.Processes;

/// <summary>Ports of loopback for programs that cannot choose one themselves. None is given twice by one process.</summary>
internal static class FreePort
{
    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Given = [];

    public static int Next()
    {
        lock (Gate)
        {
            while (true)
            {
                using TcpListener listener = new(IPAddress.Loopback, 0);
                listener.Start();
                int port = ((IPEndPoint)listener.LocalEndpoint).Port;
                if (Given.Add(port)) return port;
            }
        }
    }
}
