using System.Net.Sockets;
using Npgsql;

namespace CaptchaCluster.Storage.Postgres;

/// <summary>Tells what a database, or the way to it, does to a call from what a program does.</summary>
internal static class DatabaseFailure
{
    /// <summary>Npgsql's own and ours, and those of what is below that it might let through.</summary>
    public static bool Is(Exception exception) => exception is NpgsqlException or DatabaseException or UnconfirmedCommitException
        or TimeoutException or SocketException or IOException;
}
