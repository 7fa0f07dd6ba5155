using System.Diagnostics.Metrics;
using CaptchaCluster.Redemption;
using static CaptchaCluster.Tests.Unit.Redemption.RedemptionSamples;

namespace CaptchaCluster.Tests.Unit.Redemption;

public sealed class RedemptionMetricsTests : IAsyncLifetime
{
    private const int MaxQueued = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Meter meter = new(Instrumentation.Name);
    private readonly ManualTime clock = new(Now);
    private readonly RedemptionShard shard = new();
    private readonly FakeStore store = new();
    private readonly FakeAuthority authority = new();
    private readonly FakeObserver observer = new();
    private readonly SemaphoreSlim entered = new(0);
    private readonly SemaphoreSlim released = new(0);
    private readonly ShardHost host;
    private readonly Measurements measured;

    public RedemptionMetricsTests()
    {
        store.OnCommit = batch =>
        {
            clock.Advance(TimeSpan.FromMilliseconds(250));
            entered.Release();
            Assert.True(released.Wait(Patience));
            return FakeStore.RecordAll(batch);
        };
        RedemptionMetrics metrics = new(meter, observer);
        ShardHostOptions options = new() { MaxQueued = MaxQueued, PurgeInterval = TimeSpan.FromSeconds(1000) };
        host = new ShardHost(store, shard, authority, clock, options, metrics);
        metrics.Follow((host, shard));
        measured = new Measurements(meter);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        released.Release(1000);
        await host.DisposeAsync();
        measured.Dispose();
        meter.Dispose();
    }

    [Fact]
    public async Task Commits_are_measured_by_size_and_time_and_what_waits_or_is_remembered_when_asked()
    {
        List<Task<RedemptionOutcome>> asked = [Redeem(1)];
        await entered.WaitAsync(Patience);
        asked.AddRange([Redeem(2), Redeem(3)]);
        Assert.Equal(["captchacluster.redemptions.queued{} 2", "captchacluster.redemptions.live{} 0"], measured.Collect());
        released.Release(2);
        await Task.WhenAll(asked).WaitAsync(Patience);
        await host.DisposeAsync(); // the last turn is told before it ends
        Assert.Equal(["captchacluster.redemptions.queued{} 0", "captchacluster.redemptions.live{} 3"], measured.Collect());
        Assert.Equal(
            [
                "captchacluster.commit.size{} 1", "captchacluster.commit.duration{} 0.25",
                "captchacluster.commit.size{} 2", "captchacluster.commit.duration{} 0.25",
            ],
            measured.Lines.Where(line => line.Contains("commit")));
        Assert.Equal([1, 2], observer.Turns.Select(turn => turn.Committed));
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public async Task Whose_secret_was_retired_meanwhile_is_counted_and_causes_no_commit()
    {
        authority.RetireBelow(2);
        Assert.Equal(RedemptionStatus.Retired, (await Redeem(1).WaitAsync(Patience)).Status);
        await host.DisposeAsync();
        Assert.Equal(["captchacluster.redemptions.retired{} 1"], measured.Lines);
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public async Task Whom_the_store_finds_retired_is_counted_too()
    {
        store.OnCommit = FakeStore.All(CommitStatus.RetiredGeneration);
        Assert.Equal(RedemptionStatus.Retired, (await Redeem(1).WaitAsync(Patience)).Status);
        await host.DisposeAsync();
        Assert.Contains("captchacluster.redemptions.retired{} 1", measured.Lines);
    }

    [Fact]
    [Trait("Invariant", "I10")]
    public async Task Who_meets_a_full_queue_is_counted()
    {
        int told = 0;
        observer.OnOverloaded = () => told++;
        List<Task<RedemptionOutcome>> asked = [Redeem(1)];
        await entered.WaitAsync(Patience);
        for (ulong token = 2; token < 2 + MaxQueued; token++) asked.Add(Redeem(token));
        for (ulong token = 90; token < 92; token++) Assert.Equal(RedemptionStatus.Overloaded, (await Redeem(token)).Status);
        Assert.Equal(2, measured.Lines.Count(line => line == "captchacluster.redemptions.overloaded{} 1"));
        Assert.Equal(2, told);
        released.Release(2);
        await Task.WhenAll(asked).WaitAsync(Patience);
    }

    [Fact]
    public void What_is_remembered_is_counted_once_and_no_longer_when_it_is_forgotten()
    {
        RedemptionShard other = new();
        for (ulong token = 1; token <= 10; token++)
        {
            RedemptionRequest request = Ask(token, 1, expiresIn: (long)token * 100);
            RedemptionFact fact = new(request.Token, request.ExpiresAt, request.Site, request.Attempt, Now);
            other.Learn(fact);
            other.Learn(fact);
        }

        Assert.Equal(10, other.LiveRedemptions);
        other.RaiseHorizon(Now + 100_000);
        Assert.Equal(0, other.LiveRedemptions);
    }

    private Task<RedemptionOutcome> Redeem(ulong token) => host.RedeemAsync(Ask(token, 1)).AsTask();
}
