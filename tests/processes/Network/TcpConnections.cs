using System.Net;

namespace CaptchaCluster.Tests.Processes.Network;

/// <summary>The established connections of a process's network, as the kernel lists them.</summary>
internal static class TcpConnections
{
    private const string Established = "01";

    public static bool Lead(int process, IPEndPoint to)
    {
        // As hexadecimal numbers of this machine's byte order; IPv6 ends like that where it is an IPv4 address.
        string remote = $"{BitConverter.ToUInt32(to.Address.GetAddressBytes()):X8}:{to.Port:X4}";
        return new[] { "tcp", "tcp6" }
            .SelectMany(table => File.ReadLines($"/proc/{process}/net/{table}"))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Any(words => words[2].EndsWith(remote, StringComparison.Ordinal) && words[3] == Established);
    }
}
