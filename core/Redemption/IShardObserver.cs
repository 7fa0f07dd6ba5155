namespace CaptchaCluster.Redemption;

/// <summary>A turn of the loop that ended.</summary>
/// <param name="Requests">Answered in it.</param>
/// <param name="Committed">Of these, how many had to be committed.</param>
/// <param name="Retired">Of these, how many came with a secret or for a site that was no longer valid (I8).</param>
/// <param name="Elapsed">From taking the requests to having all answers, the commit included.</param>
public readonly record struct ShardTurn(int Requests, int Committed, int Retired, TimeSpan Elapsed);

/// <summary>Hears what happens in a shard's host, on the host's thread: must be quick and must not throw.</summary>
public interface IShardObserver
{
    void TurnEnded(in ShardTurn turn);

    /// <summary>A request met a full queue and was refused; on the thread of whoever asked, so on several at once.</summary>
    void Overloaded();

    /// <summary>The outcome of a commit or purge is unknown.</summary>
    void CommitFailed(Exception exception);

    /// <summary>Wall and monotonic clock disagree by this many seconds: nothing is forgotten until they agree again.</summary>
    void PurgeFrozen(long driftSeconds);

    void PurgeThawed();

    /// <summary>The loop ended by an error of the program; every request is answered Unknown from now on.</summary>
    void HostFailed(Exception exception);
}
