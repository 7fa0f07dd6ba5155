using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Contracts;

/// <summary>What every ledger does, whatever it is made of: asked through the turns of a shard, opened anew as after a crash.</summary>
public abstract class RedemptionLedgerContract : IAsyncLifetime
{
    protected const int MaxTtlSeconds = 600;
    protected const int MaxClockSkewSeconds = 300;

    protected static readonly UnixSeconds Start = new(1_800_000_000);
    protected static readonly SiteKey Site = new(7, 7);

    private readonly Random random = new(20_261_121);
    private UnixSeconds now = Start;
    private RedemptionShard shard = null!;
    private IRedemptionStore store = null!;
    private CommitCycle cycle = null!;

    public async Task InitializeAsync()
    {
        await SetUpAsync();
        await ReopenAsync();
    }

    public virtual async Task DisposeAsync() => await CloseAsync();

    [ContractFact]
    [Trait("Invariant", "I1")]
    public async Task The_first_attempt_redeems_the_same_attempt_again_and_no_other()
    {
        RedemptionRequest first = Ask(1, 1);
        Assert.Equal(RedemptionStatus.Redeemed, await RedeemAsync(first));
        Assert.Equal(RedemptionStatus.Duplicate, await RedeemAsync(first with { Attempt = new AttemptKey(0, 2) }));
        Assert.Equal(RedemptionStatus.Replayed, await RedeemAsync(first));
    }

    [ContractFact]
    [Trait("Invariant", "I2")]
    public async Task What_was_answered_holds_after_a_crash()
    {
        RedemptionRequest[] all = [.. Enumerable.Range(1, 300).Select(i => Ask(i, i))];
        Assert.All(await TurnAsync(all), outcome => Assert.Equal(new RedemptionOutcome(RedemptionStatus.Redeemed, Start), outcome));
        await ReopenAsync();
        now += 50;
        await SetTimeAsync(now);
        Assert.All(await TurnAsync(all), outcome => Assert.Equal(new RedemptionOutcome(RedemptionStatus.Replayed, Start), outcome));
        RedemptionRequest[] others = [.. all.Select(request => request with { Attempt = new AttemptKey(9, 9) })];
        Assert.All(await TurnAsync(others), outcome => Assert.Equal(new RedemptionOutcome(RedemptionStatus.Duplicate, Start), outcome));
    }

    [ContractFact]
    public async Task A_large_batch_in_any_order_is_recorded_whole()
    {
        RedemptionRequest[] all = [.. Enumerable.Range(1, 5_000).Select(i => Ask(i, i))];
        random.Shuffle(all);
        Assert.All(await TurnAsync(all), outcome => Assert.Equal(RedemptionStatus.Redeemed, outcome.Status));
        await ReopenAsync();
        Assert.All(await TurnAsync(all), outcome => Assert.Equal(RedemptionStatus.Replayed, outcome.Status));
    }

    [ContractFact]
    [Trait("Invariant", "I7")]
    public async Task A_token_is_not_redeemed_from_its_expiry_on_and_what_was_redeemed_before_is_replayed()
    {
        RedemptionRequest spent = Ask(1, 1, expiresIn: 100);
        Assert.Equal(RedemptionStatus.Redeemed, await RedeemAsync(spent));
        await SetTimeAsync(now = Start + 99);
        Assert.Equal(RedemptionStatus.Redeemed, await RedeemAsync(Ask(2, 1, expiresIn: 100)));
        await SetTimeAsync(now = Start + 100);
        Assert.Equal(RedemptionStatus.Expired, await RedeemAsync(Ask(3, 1, expiresIn: 100)));
        Assert.Equal(RedemptionStatus.Replayed, await RedeemAsync(spent));
        Assert.Equal(RedemptionStatus.Duplicate, await RedeemAsync(spent with { Attempt = new AttemptKey(0, 2) }));
        await SetTimeAsync(now = Start);
        Assert.Equal(RedemptionStatus.Redeemed, await RedeemAsync(Ask(3, 1, expiresIn: 100))); // it was not spent
    }

    [ContractFact]
    [Trait("Invariant", "I7")]
    public async Task What_was_forgotten_is_expired_whatever_any_clock_says_also_after_a_crash()
    {
        RedemptionRequest early = Ask(1, 1, expiresIn: 100), late = Ask(2, 1, expiresIn: 1150);
        await TurnAsync(early, late);
        await SetTimeAsync(now = Start + 1000);
        await RedeemAsync(Ask(4, 1, expiresIn: 1150));
        await store.PurgeAsync(now - MaxClockSkewSeconds);
        shard.RaiseHorizon(store.Horizon);
        Assert.InRange(store.Horizon.Value, Start.Value + 100, Start.Value + 700);
        foreach (UnixSeconds time in new[] { Start + 1000, Start + 10 })
        {
            await SetTimeAsync(now = time);
            await ReopenAsync();
            Assert.InRange(store.Horizon.Value, Start.Value + 100, Start.Value + 700);
            Assert.Equal(RedemptionStatus.Expired, await RedeemAsync(early));
            Assert.Equal(RedemptionStatus.Expired, await RedeemAsync(Ask(3, 1, expiresIn: 100)));
            Assert.Equal(PeekStatus.Expired, (await PeekAsync(early)).Status);
            Assert.Equal(RedemptionStatus.Replayed, await RedeemAsync(late));
        }
    }

    [ContractFact]
    [Trait("Invariant", "I8")]
    public async Task A_retired_generation_redeems_nothing_replays_nothing_and_spends_nothing()
    {
        RedemptionRequest spent = Ask(1, 1);
        await RedeemAsync(spent);
        await RetireBelowAsync(2);
        Assert.Equal([RedemptionStatus.Retired, RedemptionStatus.Retired], (await TurnAsync(spent, Ask(2, 1))).Select(outcome => outcome.Status));
        Generation second = new(2);
        Assert.Equal(
            [RedemptionStatus.Replayed, RedemptionStatus.Redeemed],
            (await TurnAsync(spent with { Generation = second }, Ask(2, 1) with { Generation = second })).Select(outcome => outcome.Status));
        Assert.Equal(PeekStatus.Retired, (await PeekAsync(spent, isAsked: true)).Status);
        Assert.Equal(PeekStatus.Redeemed, (await PeekAsync(spent with { Generation = second }, isAsked: true)).Status);
        Assert.Equal(PeekStatus.Redeemed, (await PeekAsync(spent)).Status);
    }

    [ContractFact]
    [Trait("Invariant", "I6")]
    public async Task A_look_spends_nothing_and_tells_what_is_durable()
    {
        await RedeemAsync(Ask(1, 1));
        Assert.Equal(new PeekOutcome(PeekStatus.Redeemed, Start), await PeekAsync(Ask(1, 2)));
        Assert.Equal(new PeekOutcome(PeekStatus.Unspent), await PeekAsync(Ask(2, 1)));
        await SetTimeAsync(now = Start + 600);
        Assert.Equal(new PeekOutcome(PeekStatus.Expired), await PeekAsync(Ask(2, 1)));
        Assert.Equal(new PeekOutcome(PeekStatus.Redeemed, Start), await PeekAsync(Ask(1, 2)));
        await SetTimeAsync(now = Start);
        Assert.Equal(RedemptionStatus.Redeemed, await RedeemAsync(Ask(2, 1)));
    }

    [ContractFact]
    public async Task A_restored_ledger_refuses_earlier_tokens_for_good()
    {
        Assert.Equal(default, store.IssuedFloor);
        await CloseAsync();
        await SetTimeAsync(now = Start + 10);
        await OpenAsync(restored: true);
        UnixSeconds floor = store.IssuedFloor;
        Assert.True(floor >= Start + 10);
        await ReopenAsync();
        Assert.Equal(floor, store.IssuedFloor);
    }

    private protected abstract Task SetUpAsync();

    /// <summary>Opens the ledger over what is durable, and the turns over it.</summary>
    private protected abstract Task<(RedemptionShard Shard, IRedemptionStore Store, CommitCycle Cycle)> OpenAsync(UnixSeconds now, bool restored);

    /// <summary>As a crash would: nothing is finished.</summary>
    private protected abstract Task CloseAsync();

    private protected abstract Task SetTimeAsync(UnixSeconds time);

    private protected abstract Task RetireBelowAsync(int generation);

    private async Task ReopenAsync()
    {
        await CloseAsync();
        await OpenAsync(restored: false);
    }

    private async Task OpenAsync(bool restored) => (shard, store, cycle) = await OpenAsync(now, restored);

    private static RedemptionRequest Ask(int token, int attempt, long expiresIn = 600) => new(
        new TokenId((ulong)token * 0x9E37_79B9_7F4A_7C15, (ulong)token * 0xC2B2_AE3D_27D4_EB4F),
        Start + expiresIn,
        Site,
        Generation.First,
        new AttemptKey(0, (ulong)attempt));

    private async Task<RedemptionStatus> RedeemAsync(RedemptionRequest request) => (await TurnAsync(request))[0].Status;

    private async Task<RedemptionOutcome[]> TurnAsync(params RedemptionRequest[] requests)
    {
        RedemptionOperation[] operations = [.. requests.Select(request => new RedemptionOperation(request))];
        List<RedemptionOperation> again = [];
        await cycle.RunAsync(operations, now, again);
        Assert.Empty(again);
        return [.. operations.Select(operation => operation.Outcome)];
    }

    private async Task<PeekOutcome> PeekAsync(RedemptionRequest request, bool isAsked = false)
    {
        PeekOperation operation = new(request.Token, request.ExpiresAt, isAsked ? new SiteGeneration(request.Site, request.Generation) : null);
        await cycle.PeekAsync([operation], now);
        return await operation.Task;
    }
}
