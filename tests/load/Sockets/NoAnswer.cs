using System.Net.Sockets;

namespace CaptchaCluster.Tests.Load.Sockets;

/// <summary>Why a request got no answer, in words that can be counted.</summary>
internal static class NoAnswer
{
    public const string ClosedByServer = "connection closed by the server";
    public const string TimedOut = "no answer in time";
    public const string AnswerTooLong = "answer longer than the client reads";

    public static string Because(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => "connection reset",
        SocketError.TimedOut => "connection timed out",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "host unreachable",
        SocketError.TooManyOpenSockets => "no file descriptor left in this process",
        SocketError.AddressNotAvailable => "no local port left on this machine",
        _ => new SocketException((int)error).Message,
    };
}
