using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using static CaptchaCluster.Tests.Unit.Redemption.RedemptionSamples;

namespace CaptchaCluster.Tests.Unit.Redemption;

/// <summary>A host whose commits stand still until a test lets them go on.</summary>
public sealed class ShardHostTests : IAsyncLifetime
{
    private const int MaxQueued = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    // Longer than anybody's patience, so that nothing here depends on the host waking up by itself.
    private static readonly TimeSpan PurgeInterval = TimeSpan.FromSeconds(1000);

    private readonly ManualTime clock = new(Now);
    private readonly RedemptionShard shard = new();
    private readonly FakeStore store = new();
    private readonly FakeAuthority authority = new();
    private readonly FakeObserver observer = new();
    private readonly SemaphoreSlim entered = new(0);
    private readonly SemaphoreSlim released = new(0);
    private readonly ShardHost host;
    private Func<RedemptionRequest[], CommitResult[]> answer = FakeStore.RecordAll;

    public ShardHostTests()
    {
        store.OnCommit = batch =>
        {
            entered.Release();
            Assert.True(released.Wait(Patience));
            return answer(batch);
        };
        host = new ShardHost(store, shard, authority, clock, new ShardHostOptions { MaxQueued = MaxQueued, PurgeInterval = PurgeInterval }, observer);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        released.Release(1000);
        await host.DisposeAsync();
    }

    [Fact]
    public async Task What_arrives_during_a_commit_goes_into_the_next_one_together()
    {
        List<Task<RedemptionOutcome>> asked = [Redeem(Ask(1, 1))];
        await EnteredAsync();
        for (ulong token = 2; token <= 6; token++) asked.Add(Redeem(Ask(token, 1)));
        Assert.All(asked, task => Assert.False(task.IsCompleted));
        released.Release(2);
        Assert.All(await AllAsync(asked), outcome => Assert.Equal(new RedemptionOutcome(RedemptionStatus.Redeemed, Now), outcome));
        Assert.Equal([1, 5], store.Batches.Select(batch => batch.Length));
    }

    /// <summary>Also where the host waits for nothing but the first of them.</summary>
    [Fact]
    [Trait("Invariant", "I10")]
    public async Task Of_too_many_at_once_those_that_have_room_are_taken()
    {
        int refused = 0;
        observer.OnOverloaded = () => refused++;
        Task<RedemptionOutcome> blocker = Redeem(Ask(100, 1));
        await EnteredAsync();
        Task<RedemptionOutcome[]> asked = host.RedeemAllAsync(Enumerable.Range(1, MaxQueued + 2).Select(i => Ask((ulong)i, 1)).ToArray());
        Assert.Equal(2, refused);
        released.Release(2);
        RedemptionOutcome[] outcomes = await asked.WaitAsync(Patience);
        Assert.All(outcomes[..MaxQueued], outcome => Assert.Equal(RedemptionStatus.Redeemed, outcome.Status));
        Assert.All(outcomes[MaxQueued..], outcome => Assert.Equal(RedemptionStatus.Overloaded, outcome.Status));
        Assert.Equal(RedemptionStatus.Redeemed, (await blocker.WaitAsync(Patience)).Status);
    }

    [Fact]
    public async Task Who_is_slow_to_take_an_answer_does_not_hold_up_the_next_commit()
    {
        using SemaphoreSlim slow = new(0);
        ValueTask<RedemptionOutcome> first = host.RedeemAsync(Ask(1, 1));
        await EnteredAsync();
        first.GetAwaiter().UnsafeOnCompleted(() => Assert.True(slow.Wait(Patience)));
        released.Release(2);
        Task<RedemptionOutcome> second = Redeem(Ask(2, 1));
        Assert.Equal(RedemptionStatus.Redeemed, (await second.WaitAsync(Patience)).Status);
        slow.Release();
    }

    [Fact]
    [Trait("Invariant", "I10")]
    public async Task A_full_queue_refuses_at_once_and_answers_what_it_took()
    {
        List<Task<RedemptionOutcome>> asked = [Redeem(Ask(1, 1))];
        await EnteredAsync();
        for (ulong token = 2; token < 2 + MaxQueued; token++) asked.Add(Redeem(Ask(token, 1)));
        Task<RedemptionOutcome> refused = Redeem(Ask(99, 1));
        Assert.True(refused.IsCompletedSuccessfully);
        Assert.Equal(RedemptionStatus.Overloaded, (await refused).Status);
        released.Release(2);
        Assert.All(await AllAsync(asked), outcome => Assert.Equal(RedemptionStatus.Redeemed, outcome.Status));
        Assert.DoesNotContain(Ask(99, 1), store.Batches.SelectMany(batch => batch));
    }

    [Fact]
    [Trait("Invariant", "I10")]
    public async Task Those_who_wait_for_a_token_that_cannot_be_settled_do_not_pile_up()
    {
        answer = FakeStore.Unknown;
        List<Task<RedemptionOutcome>> asked = [Redeem(Ask(1, 1))];
        for (int turn = 0; turn < 20; turn++)
        {
            await EnteredAsync();
            for (int i = 0; i < MaxQueued; i++) asked.Add(Redeem(Ask(1, (ulong)asked.Count + 1)));

            // Those in the queue, those in the turn, and those whose answer is known and has not been handed over yet.
            Assert.InRange(asked.Count(task => !task.IsCompleted), 1, 3 * MaxQueued);
            released.Release();
        }

        await EnteredAsync();
        answer = FakeStore.RecordAll;
        released.Release(1000);
        RedemptionOutcome[] outcomes = await AllAsync(asked);
        Assert.Single(outcomes, outcome => outcome.Status == RedemptionStatus.Redeemed);

        // And once they are answered, there is room again.
        using CancellationTokenSource patience = new(Patience);
        while ((await Redeem(Ask(2, 1))).Status == RedemptionStatus.Overloaded) patience.Token.ThrowIfCancellationRequested();
    }

    [Fact]
    public async Task Who_waited_longest_leads_the_next_commit()
    {
        answer = FakeStore.All(CommitStatus.RetiredGeneration);
        Task<RedemptionOutcome> blocker = Redeem(Ask(9, 9));
        await EnteredAsync();
        Task<RedemptionOutcome>[] waiting = [Redeem(Ask(1, 1)), Redeem(Ask(1, 2)), Redeem(Ask(1, 3))];
        released.Release();
        for (ulong next = 1; next <= 3; next++)
        {
            await EnteredAsync();
            Assert.Equal([Ask(1, next)], store.Batches[^1]);
            if (next < 3) _ = Redeem(Ask(1, 10 + next));
            released.Release();
        }

        Assert.All(await AllAsync([blocker, .. waiting]), outcome => Assert.Equal(RedemptionStatus.Retired, outcome.Status));
    }

    [Fact]
    [Trait("Invariant", "I2")]
    public async Task A_look_waits_for_the_commit_under_way_and_tells_its_outcome()
    {
        Task<RedemptionOutcome> asked = Redeem(Ask(1, 1));
        await EnteredAsync();
        Task<PeekOutcome> same = Peek(Ask(1, 1)), other = Peek(Ask(2, 1));
        Assert.False(same.IsCompleted);
        Assert.False(other.IsCompleted);
        released.Release();
        Assert.Equal(new PeekOutcome(PeekStatus.Redeemed, Now), await same.WaitAsync(Patience));
        Assert.Equal(new PeekOutcome(PeekStatus.Unspent), await other.WaitAsync(Patience));
        Assert.Equal(RedemptionStatus.Redeemed, (await asked.WaitAsync(Patience)).Status);
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public async Task A_secret_that_ends_while_its_look_waits_is_told_as_retired()
    {
        Task<RedemptionOutcome> asked = Redeem(Ask(1, 1));
        await EnteredAsync();
        Task<PeekOutcome> look = Peek(Ask(2, 1), new SiteGeneration(Ask(2, 1).Site, Ask(2, 1).Generation));
        authority.RetireBelow(2);
        released.Release();
        Assert.Equal(PeekStatus.Retired, (await look.WaitAsync(Patience)).Status);
        Assert.Equal(RedemptionStatus.Redeemed, (await asked.WaitAsync(Patience)).Status);
    }

    [Fact]
    public async Task A_look_wakes_a_host_that_has_nothing_to_do_and_commits_nothing()
    {
        for (ulong token = 1; token <= 100; token++)
            Assert.Equal(new PeekOutcome(PeekStatus.Unspent), await Peek(Ask(token, 1)).WaitAsync(Patience));
        Assert.Empty(store.Batches);
        Assert.Empty(observer.Turns);
    }

    [Fact]
    [Trait("Invariant", "I10")]
    public async Task More_looks_than_the_limit_are_refused_and_take_no_place_of_redemptions()
    {
        Task<RedemptionOutcome> asked = Redeem(Ask(1, 1));
        await EnteredAsync();
        Task<PeekOutcome>[] looks = [.. Enumerable.Range(0, MaxQueued).Select(_ => Peek(Ask(1, 1)))];
        Assert.Equal(PeekStatus.Overloaded, (await Peek(Ask(1, 1)).WaitAsync(Patience)).Status);
        Task<RedemptionOutcome>[] more = [.. Enumerable.Range(2, MaxQueued).Select(token => Redeem(Ask((ulong)token, 1)))];
        released.Release(2);
        Assert.All(await AllAsync([asked, .. more]), outcome => Assert.Equal(RedemptionStatus.Redeemed, outcome.Status));
        Assert.All(await Task.WhenAll(looks).WaitAsync(Patience), look => Assert.Equal(PeekStatus.Redeemed, look.Status));
    }

    [Fact]
    [Trait("Invariant", "I9")]
    public async Task Looks_are_answered_unknown_where_the_host_breaks_down_and_after_its_end()
    {
        answer = _ => throw new InvalidOperationException("a mistake");
        Task<RedemptionOutcome> asked = Redeem(Ask(1, 1));
        await EnteredAsync();
        Task<PeekOutcome> look = Peek(Ask(2, 1));
        released.Release();
        Assert.Equal(RedemptionStatus.Unknown, (await asked.WaitAsync(Patience)).Status);
        Assert.Equal(default, await look.WaitAsync(Patience));
        await host.DisposeAsync().AsTask().WaitAsync(Patience);
        Assert.Equal(default, await Peek(Ask(2, 1)).WaitAsync(Patience));
    }

    [Fact]
    public async Task Disposing_answers_the_looks_it_accepted()
    {
        Task<RedemptionOutcome> asked = Redeem(Ask(1, 1));
        await EnteredAsync();
        Task<PeekOutcome> look = Peek(Ask(1, 1));
        Task disposed = host.DisposeAsync().AsTask();
        released.Release();
        await disposed.WaitAsync(Patience);
        Assert.Equal(RedemptionStatus.Redeemed, (await asked.WaitAsync(Patience)).Status);
        Assert.Equal(new PeekOutcome(PeekStatus.Redeemed, Now), await look.WaitAsync(Patience));
    }

    [Fact]
    public async Task Disposing_answers_what_was_accepted_and_refuses_the_rest()
    {
        List<Task<RedemptionOutcome>> asked = [Redeem(Ask(1, 1))];
        await EnteredAsync();
        asked.Add(Redeem(Ask(2, 1)));
        asked.Add(Redeem(Ask(2, 2)));
        Assert.True(host.IsReady);
        Task disposed = host.DisposeAsync().AsTask();
        Assert.False(host.IsReady);
        Assert.Equal(RedemptionStatus.Unknown, (await Redeem(Ask(3, 1))).Status);
        Assert.False(disposed.IsCompleted);
        released.Release(2);
        await disposed.WaitAsync(Patience);
        Assert.Equal(
            [RedemptionStatus.Redeemed, RedemptionStatus.Redeemed, RedemptionStatus.Duplicate],
            (await AllAsync(asked)).Select(outcome => outcome.Status));
        await host.DisposeAsync();
    }

    [Fact]
    [Trait("Invariant", "I9")]
    public async Task A_program_error_in_the_store_leaves_everybody_answered_unknown_and_nothing_granted()
    {
        answer = _ => throw new InvalidOperationException("a mistake");
        List<Task<RedemptionOutcome>> asked = [Redeem(Ask(1, 1))];
        await EnteredAsync();
        for (ulong token = 1; token <= 4; token++) asked.Add(Redeem(Ask(token, 2)));
        released.Release();
        Assert.All(await AllAsync(asked), outcome => Assert.Equal(default, outcome));
        await host.DisposeAsync().AsTask().WaitAsync(Patience);
        Assert.False(host.IsReady);
        Assert.Equal(RedemptionStatus.Unknown, (await Redeem(Ask(7, 1))).Status);
        Assert.IsType<InvalidOperationException>(Assert.Single(observer.HostFailures));
    }

    // Each operation can be completed once; a second completion would end the process.
    [Fact]
    [Trait("Invariant", "I9")]
    public async Task A_turn_that_breaks_off_half_way_answers_everybody_once()
    {
        answer = FakeStore.Unknown;
        int questions = 0;
        authority.OnAsked = () =>
        {
            // Three on arrival after the first turn's one; the first who waited is carried on, the second meets the mistake.
            if (++questions == 6) throw new InvalidOperationException("a mistake");
        };
        List<Task<RedemptionOutcome>> asked = [Redeem(Ask(9, 9))];
        await EnteredAsync();
        for (ulong attempt = 1; attempt <= 3; attempt++) asked.Add(Redeem(Ask(1, attempt)));
        released.Release(2);
        Assert.All(await AllAsync(asked), outcome => Assert.Equal(RedemptionStatus.Unknown, outcome.Status));
        await host.DisposeAsync().AsTask().WaitAsync(Patience);
        Assert.Single(observer.HostFailures);
    }

    [Fact]
    [Trait("Invariant", "I9")]
    public async Task A_store_that_can_commit_no_more_ends_readiness()
    {
        store.CanCommit = false;
        Assert.False(host.IsReady);
        Assert.Equal(RedemptionStatus.Unknown, (await Redeem(Ask(1, 1)).WaitAsync(Patience)).Status);
        Assert.Empty(store.Batches);
    }

    [Fact]
    [Trait("Invariant", "I7")]
    public async Task Purging_follows_the_clock_stops_when_it_jumps_and_goes_on_when_it_is_set_right()
    {
        released.Release(100);
        TaskCompletionSource<UnixSeconds> purged = Await<UnixSeconds>(), again = Await<UnixSeconds>();
        TaskCompletionSource<long> frozen = Await<long>();
        store.OnPurge = upTo => (purged.Task.IsCompleted ? again : purged).TrySetResult(store.Horizon = upTo);
        observer.OnFrozen = drift => frozen.TrySetResult(drift);

        clock.Advance(TimeSpan.FromSeconds(1001));
        await Redeem(Ask(1, 1, expiresIn: 9000));
        Assert.Equal(Now + 1001 - 300, await purged.Task.WaitAsync(Patience));

        clock.Advance(TimeSpan.FromSeconds(1001));
        UnixSeconds right = clock.Now;
        clock.SetWall(right + 301);
        await Redeem(Ask(2, 1, expiresIn: 9000));
        Assert.Equal(301, await frozen.Task.WaitAsync(Patience));
        Assert.False(again.Task.IsCompleted);

        clock.SetWall(right);
        clock.Advance(TimeSpan.FromSeconds(1001));
        await Redeem(Ask(3, 1, expiresIn: 9000));
        Assert.Equal(right + 1001 - 300, await again.Task.WaitAsync(Patience));
        await host.DisposeAsync().AsTask().WaitAsync(Patience);
        Assert.Equal(right + 1001 - 300, shard.Horizon);
    }

    /// <summary>Or a gateway whose clock jumped would keep for good what the others have long forgotten.</summary>
    [Fact]
    [Trait("Invariant", "I10")]
    public async Task What_others_have_forgotten_is_let_go_also_while_purging_is_frozen()
    {
        released.Release(100);
        await Redeem(Ask(1, 1));
        Assert.Equal(1, shard.LiveRedemptions);
        store.OnPurge = _ => Assert.Fail("its clock is not to be trusted");
        store.Horizon = Now + 2000;
        clock.SetWall(Now + 5000);
        clock.Advance(TimeSpan.FromSeconds(1001));
        await Redeem(Ask(2, 1, expiresIn: 9000)); // whoever takes this may have looked at the clock before
        await Redeem(Ask(3, 1, expiresIn: 9000));
        await host.DisposeAsync().AsTask().WaitAsync(Patience);
        Assert.Equal((Now + 2000, 2), (shard.Horizon, shard.LiveRedemptions));
        Assert.Empty(observer.HostFailures);
    }

    private static TaskCompletionSource<T> Await<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static Task<RedemptionOutcome[]> AllAsync(IEnumerable<Task<RedemptionOutcome>> asked) => Task.WhenAll(asked).WaitAsync(Patience);

    private Task<RedemptionOutcome> Redeem(RedemptionRequest request) => host.RedeemAsync(request).AsTask();

    private Task<PeekOutcome> Peek(RedemptionRequest request, SiteGeneration asker) =>
        host.PeekAsync(request.Token, request.ExpiresAt, asker).AsTask();

    private Task<PeekOutcome> Peek(RedemptionRequest request) => host.PeekAsync(request.Token, request.ExpiresAt).AsTask();

    private async Task EnteredAsync() => Assert.True(await entered.WaitAsync(Patience));
}
