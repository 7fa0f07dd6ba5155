using CaptchaCluster.Tokens;

namespace CaptchaCluster.Redemption;

/// <summary>What a shard answers to a request. A closed set.</summary>
public enum RedemptionDecision
{
    /// <summary>Another attempt's redemption is durable.</summary>
    Duplicate,

    /// <summary>This attempt's redemption is durable.</summary>
    SameAttempt,

    Expired,

    Retired,

    /// <summary>Nothing stands against it. The id is pending from now on, until the commit is settled or abandoned.</summary>
    MustCommit,

    /// <summary>The id is in a commit that is not settled. Ask again when it is: a write in flight is not yet a fact (I4).</summary>
    Wait,
}

/// <summary>
/// The owner of the tokens whose ids hash to it, as a deterministic state machine: no clock, no lock, no task, no I/O.
/// Called by one host at a time. Holds the live redemptions in tables by expiry, dropped whole, and the ids of commits in
/// flight; an id is never in two commits at once.
/// </summary>
public sealed class RedemptionShard
{
    /// <summary>Seconds of expiry that share a table.</summary>
    private const int TableSpan = 64;

    private readonly Dictionary<long, RedemptionTable> tables = [];
    private readonly HashSet<TokenId> pending = [];
    private long live;

    /// <summary>As <see cref="IRedemptionStore.Horizon"/>.</summary>
    public UnixSeconds Horizon { get; private set; }

    /// <summary>Redemptions held in memory. Any thread may ask.</summary>
    public long LiveRedemptions => Volatile.Read(ref live);

    /// <summary>Order of judgement: retired, existing redemption, expiry, record.</summary>
    /// <param name="request">Who asks for what.</param>
    /// <param name="now">The authority's wall clock.</param>
    /// <param name="retired">Whether the site no longer accepts the request's generation, as of now (I8).</param>
    /// <param name="at">When the token was spent; only with Duplicate and SameAttempt.</param>
    public RedemptionDecision Judge(in RedemptionRequest request, UnixSeconds now, bool retired, out UnixSeconds at)
    {
        at = default;
        if (retired) return RedemptionDecision.Retired;
        if (TryFind(request.Token, request.ExpiresAt, out AttemptKey winner, out at))
            return winner == request.Attempt ? RedemptionDecision.SameAttempt : RedemptionDecision.Duplicate;
        if (pending.Contains(request.Token)) return RedemptionDecision.Wait;

        // I7: at or below the horizon a redemption may have been forgotten, so no clock can bring the token back.
        if (request.ExpiresAt <= Horizon || request.ExpiresAt <= now) return RedemptionDecision.Expired;
        pending.Add(request.Token);
        return RedemptionDecision.MustCommit;
    }

    /// <summary>
    /// As <see cref="Judge"/> where others record in the same ledger: memory is a cache of facts, and its gaps mean nothing.
    /// Only what can never change again is answered, and no success: that needs a look at the ledger that began later (I8).
    /// </summary>
    public RedemptionDecision JudgeAsCache(in RedemptionRequest request, out UnixSeconds at)
    {
        if (TryFind(request.Token, request.ExpiresAt, out AttemptKey winner, out at) && winner != request.Attempt)
            return RedemptionDecision.Duplicate;
        at = default;
        if (pending.Contains(request.Token)) return RedemptionDecision.Wait;
        if (request.ExpiresAt <= Horizon) return RedemptionDecision.Expired;
        pending.Add(request.Token);
        return RedemptionDecision.MustCommit;
    }

    /// <summary>What is known of a token; changes nothing. Of an id in a commit that is not settled nothing is.</summary>
    public PeekOutcome Peek(TokenId token, UnixSeconds expiresAt, UnixSeconds now)
    {
        if (TryFind(token, expiresAt, out _, out UnixSeconds at)) return new PeekOutcome(PeekStatus.Redeemed, at);
        if (pending.Contains(token)) return default;
        return new PeekOutcome(expiresAt <= Horizon || expiresAt <= now ? PeekStatus.Expired : PeekStatus.Unspent);
    }

    /// <summary>Takes in how the store ended a request that had to be committed.</summary>
    public void Settle(in RedemptionRequest request, in CommitResult result)
    {
        pending.Remove(request.Token);
        if (result.Status is CommitStatus.Recorded or CommitStatus.Existing)
            Learn(new RedemptionFact(request.Token, request.ExpiresAt, request.Site, result.Attempt, result.At));
    }

    /// <summary>The outcome of the commit stayed unknown: the id is free to be tried again, and nothing is believed of it (I5).</summary>
    public void Abandon(in RedemptionRequest request) => pending.Remove(request.Token);

    /// <summary>Takes in a durable fact, at start or from a commit. What is at or below the horizon is not held.</summary>
    public void Learn(in RedemptionFact fact)
    {
        if (fact.ExpiresAt <= Horizon) return;
        long key = TableOf(fact.ExpiresAt);
        if (!tables.TryGetValue(key, out RedemptionTable? table)) tables.Add(key, table = new RedemptionTable());
        if (table.TryAdd(fact.Token, fact.Attempt, fact.At)) Volatile.Write(ref live, live + 1);
    }

    /// <summary>Drops what the horizon covers, once the store has made it durable. A lower horizon than before changes nothing.</summary>
    public void RaiseHorizon(UnixSeconds horizon)
    {
        if (horizon <= Horizon) return;
        Horizon = horizon;
        foreach (long key in tables.Keys.Where(key => (key + 1) * TableSpan <= horizon.Value + 1).ToList())
        {
            if (tables.Remove(key, out RedemptionTable? dropped)) Volatile.Write(ref live, live - dropped.Count);
        }
    }

    // I7: a table lives on for up to its span after the horizon has passed an entry. Whether it is still there must not decide
    // what a clock that was set back is answered: after a restart it is not.
    private bool TryFind(TokenId token, UnixSeconds expiresAt, out AttemptKey winner, out UnixSeconds at)
    {
        if (expiresAt > Horizon && tables.TryGetValue(TableOf(expiresAt), out RedemptionTable? table))
            return table.TryGet(token, out winner, out at);
        (winner, at) = (default, default);
        return false;
    }

    private static long TableOf(UnixSeconds expiresAt) => expiresAt.Value / TableSpan;
}
