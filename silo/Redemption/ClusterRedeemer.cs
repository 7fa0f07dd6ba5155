using CaptchaCluster.Grains.Redemption;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Silo.Redemption;

/// <summary>The way from a gateway to the shards of the cluster. Each has a queue and one call under way, for redemptions and for looks.</summary>
internal sealed class ClusterRedeemer : IRedeemer
{
    private readonly LedgerWatch ledger;
    private readonly ShardCallLog log;
    private readonly ShardLink<JudgedRequest, RedemptionOutcome>[] redemptions;
    private readonly ShardLink<PeekRequest, PeekOutcome>[] peeks;

    public ClusterRedeemer(IGrainFactory grains, LedgerWatch ledger, ShardCallLog log, ShardLinkOptions options, TimeProvider clock)
    {
        (this.ledger, this.log) = (ledger, log);
        IRedemptionGrain[] shards = [.. Enumerable.Range(0, ledger.Shards.Value).Select(shard => grains.GetGrain<IRedemptionGrain>(shard))];
        redemptions = [.. shards.Select(shard => new ShardLink<JudgedRequest, RedemptionOutcome>(
            batch => RedeemAsync(shard, batch),
            new RedemptionOutcome(RedemptionStatus.Unknown),
            new RedemptionOutcome(RedemptionStatus.Overloaded),
            Settles,
            log.CallFailed,
            options,
            clock))];
        peeks = [.. shards.Select(shard => new ShardLink<PeekRequest, PeekOutcome>(
            batch => PeekAsync(shard, batch),
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
        redemptions[ledger.Shards.ShardOf(request.Token)].SendAsync(new JudgedRequest(request, IssuedFloor));

    public ValueTask<PeekOutcome> PeekAsync(TokenId token, UnixSeconds expiresAt, SiteGeneration? asker = null) =>
        peeks[ledger.Shards.ShardOf(token)].SendAsync(new PeekRequest(token, expiresAt, asker));

    // The secret may have been rotated, or the token have expired, since this very attempt was recorded by the call before.
    private static bool Settles(RedemptionOutcome outcome) => outcome.Status is not (RedemptionStatus.Retired or RedemptionStatus.Expired);

    private async Task<IReadOnlyList<RedemptionOutcome>> RedeemAsync(IRedemptionGrain shard, IReadOnlyList<JudgedRequest> batch)
    {
        log.Calls(batch.Count);
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
        log.Calls(batch.Count);
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
