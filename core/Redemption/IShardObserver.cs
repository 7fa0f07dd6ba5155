namespace CaptchaCluster.Redemption;

/// <summary>Hears what happens in a shard's host, on the host's thread: must be quick and must not throw.</summary>
public interface IShardObserver
{
    /// <summary>A turn of the loop ended.</summary>
    /// <param name="requests">Answered in it.</param>
    /// <param name="committed">Of these, how many had to be committed.</param>
    /// <param name="elapsed">From taking the requests to having all answers, the commit included.</param>
    void TurnEnded(int requests, int committed, TimeSpan elapsed);

    /// <summary>The outcome of a commit or purge is unknown.</summary>
    void CommitFailed(Exception exception);

    /// <summary>Wall and monotonic clock disagree by this many seconds: nothing is forgotten until they agree again.</summary>
    void PurgeFrozen(long driftSeconds);

    void PurgeThawed();

    /// <summary>The loop ended by an error of the program; every request is answered Unknown from now on.</summary>
    void HostFailed(Exception exception);
}
