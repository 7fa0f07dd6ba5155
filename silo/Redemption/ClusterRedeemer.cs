using CaptchaCluster.Grains.Redemption;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Silo.Redemption;

/// <summary>
/// The way from a gateway to the shards of the cluster: one queue, and one call that is waited for, for all that live on one silo;
/// looks have queues of their own. A batch that comes to a silo which has none of its shards is answered there all the same: the
/// ledger decides, wherever it is asked (I1).
/// </summary>
internal sealed class ClusterRedeemer : IRedeemer
{
    private readonly IGrainFactory grains;
    private readonly LedgerWatch ledger;
    private readonly ShardCallLog log;
    private readonly ShardLink<JudgedRequest, RedemptionOutcome>[] redemptions;
    private readonly ShardLink<PeekRequest, PeekOutcome>[] peeks;

    public ClusterRedeemer(IGrainFactory grains, LedgerWatch ledger, ShardCallLog log, ShardLinkOptions options, TimeProvider clock)
    {
        (this.grains, this.ledger, this.log) = (grains, ledger, log);
        IEnumerable<int> lanes = Enumerable.Range(0, ledger.Shards.Value); // there are no more than shards

        redemptions = [.. lanes.Select(lane => new ShardLink<JudgedRequest, RedemptionOutcome>(
            (route, batch) => RedeemAsync(GrainOf(lane, route), batch),
            new RedemptionOutcome(RedemptionStatus.Unknown),
            new RedemptionOutcome(RedemptionStatus.Overloaded),
            Settles,
            log.CallFailed,
            options,
            clock))];
        peeks = [.. lanes.Select(lane => new ShardLink<PeekRequest, PeekOutcome>(
            (route, batch) => PeekAsync(GrainOf(lane, route), batch),
            new PeekOutcome(PeekStatus.Unknown),
            new PeekOutcome(PeekStatus.Overloaded),
            _ => true, // a look leaves nothing behind
            log.CallFailed,
            options,
            clock))];
    }

    public UnixSeconds IssuedFloor => ledger.IssuedFloor;

    public bool IsReady => ledger.IsReady;

    /// <summary>Requests that are not answered.</summary>
    public int Queued => redemptions.Sum(link => link.Queued) + peeks.Sum(link => link.Queued);

    public ValueTask<RedemptionOutcome> RedeemAsync(in RedemptionRequest request) =>
        redemptions[LaneOf(request.Token)].SendAsync(new JudgedRequest(request, IssuedFloor));

    public ValueTask<PeekOutcome> PeekAsync(TokenId token, UnixSeconds expiresAt, SiteGeneration? asker = null) =>
        peeks[LaneOf(token)].SendAsync(new PeekRequest(token, expiresAt, asker));

    private int LaneOf(TokenId token) => ledger.Lanes.LaneOf(ledger.Shards.ShardOf(token));

    // Orleans binds every grain to one of its connections, until it knows that this is dead, which may take minutes; and a silo
    // answers by its own connection to this gateway, where there is one, whichever the call has come by.
    private IRedemptionGrain GrainOf(int lane, int route) => grains.GetGrain<IRedemptionGrain>(ledger.Lanes.AddressOf(lane, route));

    // The secret may have been rotated, or the token have expired, since this very attempt was recorded by the call before.
    private static bool Settles(RedemptionOutcome outcome) => outcome.Status is not (RedemptionStatus.Retired or RedemptionStatus.Expired);

    private async Task<IReadOnlyList<RedemptionOutcome>> RedeemAsync(IRedemptionGrain shard, IReadOnlyList<JudgedRequest> batch)
    {
        if (batch.Count > 0) log.Calls(batch.Count);
        ShardReply reply = await shard.RedeemAsync(RedemptionBatch.Of(ledger.Shards, [.. batch.Select(judged => judged.Request)])).ConfigureAwait(false);
        Learn(reply);
        RedemptionOutcome[] outcomes = reply.ReadRedemptions();

        // A ledger that came back from its backup meanwhile refuses tokens by a floor that the request was not judged by:
        // nothing may rest on that. Asked again, it will be.
        for (int i = 0; i < outcomes.Length; i++)
        {
            if (batch[i].Floor.Value < reply.IssuedFloor) outcomes[i] = new RedemptionOutcome(RedemptionStatus.Unknown);
        }

        return outcomes;
    }

    private async Task<IReadOnlyList<PeekOutcome>> PeekAsync(IRedemptionGrain shard, IReadOnlyList<PeekRequest> batch)
    {
        if (batch.Count > 0) log.Calls(batch.Count);
        ShardReply reply = await shard.PeekAsync(PeekBatch.Of(ledger.Shards, batch)).ConfigureAwait(false);
        Learn(reply);
        return reply.ReadPeeks();
    }

    private void Learn(ShardReply reply)
    {
        ledger.LearnFloor(reply.IssuedFloor);
        if (reply.Shards != ledger.Shards.Value)
            throw new InvalidOperationException($"The cluster has {reply.Shards} shards, and this gateway started with {ledger.Shards.Value}.");
    }

    /// <param name="Request">What is asked.</param>
    /// <param name="Floor">By which whoever asks has judged it.</param>
    private readonly record struct JudgedRequest(RedemptionRequest Request, UnixSeconds Floor);
}
