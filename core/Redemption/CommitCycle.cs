using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Redemption;

/// <summary>
/// One turn of group commit: judge all that arrived, commit what must be, answer everybody. Knows no threads, so that a
/// simulation runs the very code that the host runs.
/// </summary>
/// <param name="shard">The memory.</param>
/// <param name="store">The ledger.</param>
/// <param name="authority">Which generations may redeem; null with a shared store, which judges that itself.</param>
internal sealed class CommitCycle(RedemptionShard shard, IRedemptionStore store, ISiteAuthority? authority)
{
    private readonly ISharedRedemptionStore? shared = store as ISharedRedemptionStore;
    private readonly ISiteAuthority? authority = authority ?? (store is ISharedRedemptionStore ? null : throw new ArgumentNullException(nameof(authority)));
    private readonly Dictionary<TokenId, int> positions = []; // of the leaders, for those who wait for them
    private readonly List<RedemptionOperation> leaders = [];
    private readonly List<RedemptionOperation> waiting = [];
    private RedemptionRequest[] batch = new RedemptionRequest[256];
    private CommitResult[] results = new CommitResult[256];
    private bool knowsAll = true;

    /// <summary>Requests of the last turn that had to be committed.</summary>
    public int LastCommitSize => leaders.Count;

    /// <summary>Requests of the last turn that were answered Retired.</summary>
    public int LastRetired { get; private set; }

    /// <summary>Why the last turn's commit has no known outcome; null where it has.</summary>
    public UnknownOutcomeException? LastFailure { get; private set; }

    /// <summary>
    /// Sets the outcome of every operation. Those that waited for a commit that did not settle their token are left in
    /// <paramref name="again"/>, to be brought with the next turn.
    /// </summary>
    public async ValueTask RunAsync(IReadOnlyList<RedemptionOperation> arrivals, UnixSeconds now, List<RedemptionOperation> again)
    {
        leaders.Clear();
        waiting.Clear();
        LastFailure = null;
        LastRetired = 0;
        foreach (RedemptionOperation operation in arrivals) Judge(operation, now);
        if (leaders.Count == 0) return;
        await CommitAsync(now);
        if (shared is not null && waiting.Count > 0) NoteLeaders();
        foreach (RedemptionOperation operation in waiting) JudgeAgain(operation, now, again);
    }

    /// <summary>Answers looks at tokens, between two turns.</summary>
    public async ValueTask PeekAsync(IReadOnlyList<PeekOperation> peeks, UnixSeconds now)
    {
        if (shared is not null && store.CanCommit)
        {
            await PeekSharedAsync(shared, peeks);
            return;
        }

        foreach (PeekOperation peek in peeks) peek.Complete(Peek(peek.Token, peek.ExpiresAt, now, peek.Asker));
    }

    /// <summary>
    /// What is known of a token, between two turns. Memory answers, as it does for replays: the owner of an embedded ledger
    /// holds all that is live, until a commit's outcome stays unknown. From then on what it does not hold proves nothing (I5).
    /// </summary>
    public PeekOutcome Peek(TokenId token, UnixSeconds expiresAt, UnixSeconds now, SiteGeneration? asker = null)
    {
        if (!store.CanCommit) return default; // I9, as for redemptions
        if (asker is { } authenticated && !authority!.Accepts(authenticated.Site, authenticated.Generation, now))
            return new PeekOutcome(PeekStatus.Retired);
        PeekOutcome outcome = shard.Peek(token, expiresAt, now);
        return knowsAll || outcome.Status == PeekStatus.Redeemed ? outcome : default;
    }

    private void Judge(RedemptionOperation operation, UnixSeconds now)
    {
        // I9: after a failed write nothing is granted, not even what memory knows to be durable.
        if (!store.CanCommit)
        {
            operation.Outcome = new RedemptionOutcome(RedemptionStatus.Unknown);
            return;
        }

        ref readonly RedemptionRequest request = ref operation.Request;
        RedemptionDecision decision = shared is null
            ? shard.Judge(request, now, retired: !authority!.Accepts(request.Site, request.Generation, now), out UnixSeconds at)
            : shard.JudgeAsCache(request, out at);
        switch (decision)
        {
            case RedemptionDecision.MustCommit:
                leaders.Add(operation);
                break;
            case RedemptionDecision.Wait:
                waiting.Add(operation);
                break;
            default:
                if (decision == RedemptionDecision.Retired) LastRetired++;
                operation.Outcome = new RedemptionOutcome(StatusOf(decision), at);
                break;
        }
    }

    private async ValueTask CommitAsync(UnixSeconds now)
    {
        int count = leaders.Count;
        if (batch.Length < count)
        {
            batch = new RedemptionRequest[Math.Max(count, batch.Length * 2)];
            results = new CommitResult[batch.Length];
        }

        for (int i = 0; i < count; i++) batch[i] = leaders[i].Request;
        try
        {
            await store.CommitAsync(batch.AsMemory(0, count), results.AsMemory(0, count), now);
        }
        catch (UnknownOutcomeException exception)
        {
            LastFailure = exception;
            knowsAll = false;
            foreach (RedemptionOperation leader in leaders)
            {
                shard.Abandon(leader.Request);
                leader.Outcome = new RedemptionOutcome(RedemptionStatus.Unknown);
            }

            return;
        }

        for (int i = 0; i < count; i++)
        {
            shard.Settle(batch[i], results[i]);
            if (results[i].Status == CommitStatus.RetiredGeneration) LastRetired++;
            leaders[i].Outcome = OutcomeOf(batch[i], results[i]);
        }
    }

    private void JudgeAgain(RedemptionOperation operation, UnixSeconds now, List<RedemptionOperation> again)
    {
        if (shared is not null && IsAnsweredByLeader(operation)) return;
        int before = leaders.Count;
        Judge(operation, now);
        if (leaders.Count == before) return;

        // Its leader ended without a redemption; it must lead a commit of its own.
        leaders.RemoveAt(before);
        shard.Abandon(operation.Request);
        again.Add(operation);
    }

    // The commit began after whoever waits had come, so what it told of the token and of the generation holds for him too; of
    // another generation it told nothing (I8).
    private bool IsAnsweredByLeader(RedemptionOperation operation)
    {
        if (LastFailure is not null) return false;
        ref readonly RedemptionRequest request = ref operation.Request;
        int leader = positions[request.Token];
        if (results[leader].Status == CommitStatus.Unknown || batch[leader].Generation != request.Generation) return false;
        bool isRecorded = results[leader].Status == CommitStatus.Recorded;
        operation.Outcome = OutcomeOf(request, isRecorded ? results[leader] with { Status = CommitStatus.Existing } : results[leader]);
        if (operation.Outcome.Status == RedemptionStatus.Retired) LastRetired++;
        return true;
    }

    private void NoteLeaders()
    {
        positions.Clear();
        for (int i = 0; i < leaders.Count; i++) positions.Add(batch[i].Token, i);
    }

    private async ValueTask PeekSharedAsync(ISharedRedemptionStore ledger, IReadOnlyList<PeekOperation> peeks)
    {
        PeekOutcome[] outcomes = new PeekOutcome[peeks.Count];
        try
        {
            await ledger.PeekAsync(peeks.Select(peek => new PeekRequest(peek.Token, peek.ExpiresAt, peek.Asker)).ToArray(), outcomes);
        }
        catch (UnknownOutcomeException)
        {
            Array.Clear(outcomes);
        }

        for (int i = 0; i < outcomes.Length; i++) peeks[i].Complete(outcomes[i]);
    }

    private static RedemptionStatus StatusOf(RedemptionDecision decision) => decision switch
    {
        RedemptionDecision.Duplicate => RedemptionStatus.Duplicate,
        RedemptionDecision.SameAttempt => RedemptionStatus.Replayed,
        RedemptionDecision.Expired => RedemptionStatus.Expired,
        RedemptionDecision.Retired => RedemptionStatus.Retired,
        _ => throw new ArgumentOutOfRangeException(nameof(decision), decision, "not an answer"),
    };

    private static RedemptionOutcome OutcomeOf(in RedemptionRequest request, in CommitResult result) => result.Status switch
    {
        CommitStatus.Recorded => new RedemptionOutcome(RedemptionStatus.Redeemed, result.At),
        CommitStatus.Existing when result.Attempt == request.Attempt => new RedemptionOutcome(RedemptionStatus.Replayed, result.At),
        CommitStatus.Existing => new RedemptionOutcome(RedemptionStatus.Duplicate, result.At),
        CommitStatus.RetiredGeneration => new RedemptionOutcome(RedemptionStatus.Retired),
        CommitStatus.Expired => new RedemptionOutcome(RedemptionStatus.Expired),
        CommitStatus.Unknown => new RedemptionOutcome(RedemptionStatus.Unknown),
        _ => throw new ArgumentOutOfRangeException(nameof(result), result.Status, "not a commit status"),
    };
}
