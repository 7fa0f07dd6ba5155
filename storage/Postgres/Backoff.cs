using System.Security.Cryptography;

namespace CaptchaCluster.Storage.Postgres;

/// <summary>How long to wait before the database is tried again: twice as long each time, up to a limit, and no two processes alike.</summary>
internal sealed class Backoff
{
    public static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);

    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>By which a wait may be longer.</summary>
    public static readonly TimeSpan Jitter = TimeSpan.FromMilliseconds(100);

    private TimeSpan next = First;

    public TimeSpan Next()
    {
        TimeSpan wait = next + TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32((int)Jitter.TotalMilliseconds));
        next = next * 2 < Longest ? next * 2 : Longest;
        return wait;
    }

    /// <summary>It answered.</summary>
    public void Reset() => next = First;
}
