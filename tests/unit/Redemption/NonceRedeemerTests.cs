using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tests.Unit.Sites;
using CaptchaCluster.Tokens;
using static CaptchaCluster.Tests.Unit.Redemption.RedemptionSamples;

namespace CaptchaCluster.Tests.Unit.Redemption;

public sealed class NonceRedeemerTests : IAsyncLifetime
{
    private const int Skew = 300;
    private const int Longest = NonceRedeemer.MaxLifetimeSeconds;

    private readonly ManualTime clock = new(Now);
    private readonly FakeStore store = new();
    private readonly SiteDirectory sites;
    private readonly ShardHost host;
    private readonly NonceRedeemer redeemer;
    private Site site = SiteSamples.New(out _);

    public NonceRedeemerTests()
    {
        sites = new SiteDirectory([site]);
        store.OnCommit = RecordNow;
        host = new ShardHost(store, new RedemptionShard(), sites, clock, new ShardHostOptions { MaxClockSkewSeconds = Skew }, new FakeObserver());
        redeemer = new NonceRedeemer(host, Skew);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await host.DisposeAsync();

    [Fact]
    [Trait("Invariant", "I1")]
    public async Task A_nonce_is_redeemed_once_and_tells_when()
    {
        RedemptionOutcome first = await RedeemAsync(Nonce());
        Assert.Equal(new RedemptionOutcome(RedemptionStatus.Redeemed, Now), first);
        clock.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(new RedemptionOutcome(RedemptionStatus.Duplicate, Now), await RedeemAsync(Nonce()));
    }

    /// <summary>Whatever two callers say of one nonce, as long as neither comes after the other's expiry.</summary>
    [Fact]
    [Trait("Invariant", "I1")]
    public async Task Under_two_expiries_that_live_together_it_is_redeemed_once()
    {
        Random random = new(20_261_121);
        int acrossWindows = 0;
        for (int i = 0; i < 3000; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(random.Next(2 * Longest)));
            NonceRequest first = Nonce($"{i}", random.Next(1, Longest + 1));
            Assert.Equal(RedemptionStatus.Redeemed, (await RedeemAsync(first)).Status);
            clock.Advance(TimeSpan.FromSeconds(random.Next((int)(first.ExpiresAt - clock.Now))));
            NonceRequest second = Nonce($"{i}", random.Next(1, Longest + 1));
            Assert.Equal(RedemptionStatus.Duplicate, (await RedeemAsync(second)).Status);
            if (second.ExpiresAt.Value / Longest != first.ExpiresAt.Value / Longest) acrossWindows++;
        }

        Assert.True(acrossWindows > 500, $"{acrossWindows}");
    }

    [Fact]
    [Trait("Invariant", "I1")]
    public async Task Of_many_at_once_under_many_expiries_one_succeeds()
    {
        for (int round = 0; round < 20; round++)
        {
            string nonce = $"{round}";
            Task<RedemptionOutcome>[] all = [.. Enumerable.Range(1, 60).Select(i => Task.Run(() => RedeemAsync(Nonce(nonce, i * 60))))];
            RedemptionOutcome[] outcomes = await Task.WhenAll(all);
            Assert.Single(outcomes, outcome => outcome.Status == RedemptionStatus.Redeemed);
            Assert.All(outcomes, outcome => Assert.True(outcome.Status is RedemptionStatus.Redeemed or RedemptionStatus.Duplicate));
            clock.Advance(TimeSpan.FromSeconds(777));
        }
    }

    [Fact]
    public async Task In_the_ledger_an_id_determines_its_expiry()
    {
        List<RedemptionRequest> asked = [];
        NonceRedeemer noting = new(new NotingRedeemer(host, asked), Skew);
        for (int seconds = 1; seconds <= Longest; seconds += 59)
        {
            await noting.RedeemAsync(Nonce("same", seconds), clock.Now);
            clock.Advance(TimeSpan.FromSeconds(97));
        }

        IEnumerable<IGrouping<TokenId, UnixSeconds>> ids = asked.GroupBy(request => request.Token, request => request.ExpiresAt).ToList();
        Assert.Contains(ids, id => id.Count() > 1);
        Assert.All(ids, id => Assert.Single(id.Distinct()));
    }

    [Fact]
    public async Task Site_context_and_nonce_tell_nonces_apart_and_nothing_runs_together()
    {
        Site other = SiteSamples.New(out _);
        sites.Publish(other);
        foreach (NonceRequest nonce in new[]
        {
            Nonce("bc") with { Context = "a" }, Nonce("c") with { Context = "ab" }, Nonce("abc"), Nonce("ABC"), Nonce("abc "), Nonce("abc") with { Site = other.Key },
        })
        {
            Assert.Equal(RedemptionStatus.Redeemed, (await RedeemAsync(nonce)).Status);
            Assert.Equal(RedemptionStatus.Duplicate, (await RedeemAsync(nonce)).Status);
        }
    }

    [Fact]
    [Trait("Invariant", "I3")]
    public async Task The_same_attempt_gets_success_again_for_as_long_as_it_is_kept_and_another_none()
    {
        NonceRequest request = Nonce(expiresIn: 600) with { IdempotencyKey = "k" };
        Assert.Equal(RedemptionStatus.Redeemed, (await RedeemAsync(request)).Status);
        foreach (int pause in new[] { 1, 598, 1, Skew - 1 })
        {
            clock.Advance(TimeSpan.FromSeconds(pause));
            Assert.Equal(new RedemptionOutcome(RedemptionStatus.Replayed, Now), await RedeemAsync(request));
            Assert.Equal(RedemptionStatus.Duplicate, (await RedeemAsync(request with { IdempotencyKey = "other" })).Status);
        }

        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(RedemptionStatus.Expired, (await RedeemAsync(request)).Status);
    }

    [Fact]
    public async Task The_same_idempotency_key_under_another_expiry_is_another_attempt()
    {
        Assert.Equal(RedemptionStatus.Redeemed, (await RedeemAsync(Nonce(expiresIn: 600) with { IdempotencyKey = "k" })).Status);
        Assert.Equal(RedemptionStatus.Duplicate, (await RedeemAsync(Nonce(expiresIn: 601) with { IdempotencyKey = "k" })).Status);
    }

    [Fact]
    [Trait("Invariant", "I7")]
    public async Task At_its_expiry_it_is_expired_and_nothing_is_recorded()
    {
        NonceRequest request = Nonce(expiresIn: 600);
        clock.Advance(TimeSpan.FromSeconds(600));
        Assert.Equal(RedemptionStatus.Expired, (await RedeemAsync(request)).Status);
        Assert.Equal(RedemptionStatus.Expired, (await RedeemAsync(request with { IdempotencyKey = "k" })).Status);
        Assert.Empty(store.Batches);
    }

    [Fact]
    [Trait("Invariant", "I7")]
    public async Task What_the_ledger_recorded_at_its_expiry_is_no_success()
    {
        NonceRequest request = Nonce(expiresIn: 600) with { IdempotencyKey = "k" };
        UnixSeconds began = clock.Now;
        clock.Advance(TimeSpan.FromSeconds(600)); // on its way to the ledger
        Assert.Equal(RedemptionStatus.Expired, (await redeemer.RedeemAsync(request, began)).Status);
        Assert.Equal(RedemptionStatus.Expired, (await redeemer.RedeemAsync(request, began)).Status);
    }

    [Fact]
    [Trait("Invariant", "I5")]
    public async Task A_ledger_that_fails_in_between_leaves_it_to_the_same_attempt()
    {
        clock.Advance(TimeSpan.FromSeconds(1)); // into a window: the request claims it and the next
        NonceRequest request = Nonce(expiresIn: Longest) with { IdempotencyKey = "k" };
        int commits = 0;
        store.OnCommit = batch => ++commits == 2 ? FakeStore.Unknown(batch) : RecordNow(batch);
        Assert.Equal(RedemptionStatus.Unknown, (await RedeemAsync(request)).Status);
        Assert.Equal(RedemptionStatus.Duplicate, (await RedeemAsync(request with { IdempotencyKey = "other" })).Status);
        Assert.Equal(RedemptionStatus.Redeemed, (await RedeemAsync(request)).Status);
        Assert.Equal(RedemptionStatus.Replayed, (await RedeemAsync(request)).Status);
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public async Task Only_an_active_sites_nonces_are_redeemed_whatever_its_secret()
    {
        site = site with { Generation = new Generation(7), Version = 2 };
        sites.Publish(site);
        Assert.Equal(RedemptionStatus.Redeemed, (await RedeemAsync(Nonce("1"))).Status);
        sites.Publish(site with { Policy = site.Policy with { Disabled = true }, Version = 3 });
        Assert.Equal(RedemptionStatus.Retired, (await RedeemAsync(Nonce("2"))).Status);
        sites.Publish(site with { DeletedAt = Now, Version = 4 });
        Assert.Equal(RedemptionStatus.Retired, (await RedeemAsync(Nonce("3"))).Status);
        Assert.Equal(RedemptionStatus.Retired, (await RedeemAsync(Nonce("4") with { Site = SiteKey.New() })).Status);
    }

    [Fact]
    public async Task After_a_restored_start_no_nonce_of_before_comes_back()
    {
        store.IssuedFloor = Now;
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(RedemptionStatus.Expired, (await RedeemAsync(Nonce("old", Longest - 1))).Status);
        Assert.Equal(RedemptionStatus.Redeemed, (await RedeemAsync(Nonce("new", Longest))).Status);
    }

    [Fact]
    [Trait("Invariant", "I1")]
    public async Task A_restore_that_comes_while_the_ledger_is_asked_lets_no_nonce_of_before_succeed()
    {
        store.OnCommit = batch =>
        {
            store.IssuedFloor = Now;
            return RecordNow(batch);
        };
        Assert.Equal(RedemptionStatus.Expired, (await RedeemAsync(Nonce())).Status);
    }

    [Fact]
    public async Task An_expiry_further_ahead_than_a_window_is_a_mistake_of_the_caller() =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => RedeemAsync(Nonce(expiresIn: Longest + 1)));

    private CommitResult[] RecordNow(RedemptionRequest[] batch) =>
        [.. batch.Select(request => new CommitResult(CommitStatus.Recorded, request.Attempt, clock.Now))];

    private Task<RedemptionOutcome> RedeemAsync(NonceRequest request) => redeemer.RedeemAsync(request, clock.Now).AsTask();

    private NonceRequest Nonce(string nonce = "n", int expiresIn = 600) =>
        new() { Site = site.Key, Nonce = nonce, Context = "", ExpiresAt = clock.Now + expiresIn };

    private sealed class NotingRedeemer(IRedeemer inner, List<RedemptionRequest> asked) : IRedeemer
    {
        public UnixSeconds IssuedFloor => inner.IssuedFloor;

        public bool IsReady => inner.IsReady;

        public ValueTask<RedemptionOutcome> RedeemAsync(in RedemptionRequest request)
        {
            asked.Add(request);
            return inner.RedeemAsync(request);
        }

        public ValueTask<PeekOutcome> PeekAsync(TokenId token, UnixSeconds expiresAt, SiteGeneration? asker) => inner.PeekAsync(token, expiresAt, asker);
    }
}
