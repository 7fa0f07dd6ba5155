using System.Diagnostics.Metrics;

namespace CaptchaCluster.Redemption;

/// <summary>What is measured of a shard and its host. Stands between the host and whoever else hears of it.</summary>
public sealed class RedemptionMetrics : IShardObserver
{
    private static readonly InstrumentAdvice<int> SizeBuckets = new()
    {
        HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000],
    };

    private readonly Meter meter;
    private readonly IShardObserver next;
    private readonly Histogram<int> commitSize;
    private readonly Histogram<double> commitDuration;
    private readonly Counter<long> retired;
    private readonly Counter<long> overloaded;

    /// <param name="meter">Named <see cref="Instrumentation.Name"/>.</param>
    /// <param name="next">Hears everything too.</param>
    public RedemptionMetrics(Meter meter, IShardObserver next)
    {
        this.meter = meter;
        this.next = next;
        commitSize = meter.CreateHistogram("captchacluster.commit.size", "{redemption}", "Redemptions in a commit.", advice: SizeBuckets);
        commitDuration = meter.CreateHistogram(
            "captchacluster.commit.duration", "s", "From taking what is to be committed to having all answers.", advice: Instrumentation.DurationBuckets);
        retired = meter.CreateCounter<long>(
            "captchacluster.redemptions.retired", "{request}", "Requests whose secret or site was no longer valid when the ledger judged them.");
        overloaded = meter.CreateCounter<long>(
            "captchacluster.redemptions.overloaded", "{request}", "Requests that met a full queue and were answered 503.");
    }

    /// <summary>Follows what is a state and no event. Asked only when somebody collects, on his thread.</summary>
    public void Follow(params (ShardHost Host, RedemptionShard Shard)[] shards)
    {
        meter.CreateObservableGauge("captchacluster.redemptions.queued", () => shards.Sum(one => one.Host.Queued), "{request}", "Requests that wait for the next commit.");
        meter.CreateObservableGauge("captchacluster.redemptions.live", () => shards.Sum(one => one.Shard.LiveRedemptions), "{redemption}", "Spent tokens that are remembered.");
    }

    public void TurnEnded(in ShardTurn turn)
    {
        if (turn.Committed > 0)
        {
            commitSize.Record(turn.Committed);
            commitDuration.Record(turn.Elapsed.TotalSeconds);
        }

        if (turn.Retired > 0) retired.Add(turn.Retired);
        next.TurnEnded(turn);
    }

    public void Overloaded()
    {
        overloaded.Add(1);
        next.Overloaded();
    }

    public void CommitFailed(Exception exception) => next.CommitFailed(exception);

    public void PurgeFrozen(long driftSeconds) => next.PurgeFrozen(driftSeconds);

    public void PurgeThawed() => next.PurgeThawed();

    public void HostFailed(Exception exception) => next.HostFailed(exception);
}
