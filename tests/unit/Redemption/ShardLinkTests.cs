using CaptchaCluster.Redemption;

namespace CaptchaCluster.Tests.Unit.Redemption;

/// <summary>Calls that stand still until a test ends them. A request is a number, its outcome ten times that.</summary>
public sealed class ShardLinkTests
{
    private const int Unknown = -1;
    private const int Overloaded = -2;
    private const int Refused = 70; // request 7's outcome: it says nothing of an earlier call

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly ShardLinkOptions Options = new()
    {
        MaxQueued = 8,
        MaxBatch = 3,
        Routes = 3,
        LateAfter = Timeout.InfiniteTimeSpan,
        ProbeInterval = TimeSpan.MaxValue,
        Budget = TimeSpan.FromSeconds(5),
        FirstPause = TimeSpan.FromTicks(1),
        LongestPause = TimeSpan.FromTicks(1),
    };

    private readonly LinkTime clock = new();
    private readonly List<Call> calls = [];
    private readonly SemaphoreSlim called = new(0);
    private readonly List<Exception> failures = [];
    private readonly ShardLink<int, int> link;

    public ShardLinkTests() => link = LinkOf(Options);

    [Fact]
    public async Task What_comes_while_a_call_is_under_way_goes_with_the_next_up_to_its_limit()
    {
        Task<int>[] asked = Ask(1, 2, 3, 4, 5);
        Assert.Equal([1], Assert.Single(calls).Batch);
        await AnswerAsync();
        Assert.Equal([2, 3, 4], calls[1].Batch);
        await AnswerAsync();
        Assert.Equal([5], calls[2].Batch);
        await AnswerAsync(isLast: true);
        int[] outcomes = await Task.WhenAll(asked).WaitAsync(Patience);
        Assert.Equal([10, 20, 30, 40, 50], outcomes);
        Assert.Equal(0, link.Queued);
    }

    [Fact]
    [Trait("Invariant", "I10")]
    public async Task Those_in_the_call_hold_their_places_and_one_too_many_is_turned_away_at_once()
    {
        Task<int>[] asked = Ask(1, 2, 3, 4, 5, 6, 7, 8);
        Assert.Equal(Overloaded, await link.SendAsync(9));
        Assert.Equal(8, link.Queued);
        await AnswerAsync();
        Assert.Equal(10, await asked[0].WaitAsync(Patience));
        ValueTask<int> again = link.SendAsync(9);
        Assert.False(again.IsCompleted);
        for (int i = 0; i < 3; i++) await AnswerAsync(isLast: i == 2);
        Assert.Equal(90, await again);
    }

    [Fact]
    [Trait("Invariant", "I5")]
    public async Task What_a_failed_call_brought_goes_again_ahead_of_the_others()
    {
        Task<int>[] asked = Ask(1, 2, 3, 4);
        await FailAsync();
        Assert.Equal([1, 2, 3], calls[1].Batch);
        await FailAsync();
        Assert.Equal([1, 2, 3], calls[2].Batch);
        await AnswerAsync();
        Assert.Equal([4], calls[3].Batch);
        await AnswerAsync(isLast: true);
        int[] outcomes = await Task.WhenAll(asked).WaitAsync(Patience);
        Assert.Equal([10, 20, 30, 40], outcomes);
        Assert.Equal(2, failures.Count);
    }

    [Fact]
    [Trait("Invariant", "I5")]
    public async Task Once_its_budget_is_spent_a_request_is_unknown_and_younger_ones_go_on()
    {
        Task<int> old = link.SendAsync(1).AsTask();
        await called.WaitAsync(Patience);
        clock.Advance(Options.Budget - TimeSpan.FromSeconds(1));
        Task<int> young = link.SendAsync(2).AsTask();
        clock.Advance(TimeSpan.FromSeconds(1));
        await FailAsync();
        Assert.Equal(Unknown, await old.WaitAsync(Patience));
        Assert.Equal([2], calls[1].Batch);
        await AnswerAsync(isLast: true);
        Assert.Equal(20, await young.WaitAsync(Patience));
    }

    [Fact]
    [Trait("Invariant", "I5")]
    public async Task A_refusal_after_a_call_that_failed_is_unknown_and_one_at_first_is_a_refusal()
    {
        Task<int>[] asked = Ask(7, 1);
        await AnswerAsync();
        Assert.Equal(Refused, await asked[0].WaitAsync(Patience));
        Task<int> again = link.SendAsync(7).AsTask();
        await AnswerAsync();
        await FailAsync();
        await AnswerAsync(isLast: true);
        Assert.Equal(Unknown, await again.WaitAsync(Patience));
    }

    [Fact]
    [Trait("Invariant", "I5")]
    public async Task A_reply_of_another_length_says_nothing()
    {
        Task<int> asked = link.SendAsync(1).AsTask();
        await called.WaitAsync(Patience);
        calls[0].End.SetResult([10, 20]);
        await called.WaitAsync(Patience);
        Assert.IsType<InvalidDataException>(Assert.Single(failures));
        await AnswerAsync(isLast: true);
        Assert.Equal(10, await asked.WaitAsync(Patience));
    }

    [Fact]
    public async Task The_next_call_is_under_way_before_the_answers_of_the_last_are_handed_out()
    {
        Task<int> first = link.SendAsync(1).AsTask();
        Task<int> callsSeen = first.ContinueWith(_ => calls.Count, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await called.WaitAsync(Patience);
        _ = link.SendAsync(2).AsTask();
        await AnswerAsync();
        Assert.Equal(2, await callsSeen.WaitAsync(Patience));
    }

    [Fact]
    [Trait("Invariant", "I5")]
    public async Task What_waits_behind_calls_that_fail_is_unknown_too_once_its_budget_is_spent()
    {
        Task<int>[] asked = Ask(1, 2, 3, 4, 5);
        clock.Advance(Options.Budget);
        calls[0].End.SetException(new TimeoutException());
        int[] outcomes = await Task.WhenAll(asked).WaitAsync(Patience);
        Assert.Equal([Unknown, Unknown, Unknown, Unknown, Unknown], outcomes);
        Assert.Single(calls);
        Assert.Equal(0, link.Queued);
    }

    [Fact]
    public async Task Calls_keep_to_the_best_route_that_has_not_failed_and_where_all_have_they_go_round()
    {
        Task<int>[] first = Ask(1, 2);
        await AnswerAsync();
        await FailAsync();
        await AnswerAsync(isLast: true);
        await Task.WhenAll(first).WaitAsync(Patience);
        Task<int>[] second = Ask(3);
        for (int i = 0; i < 6; i++) await FailAsync();
        await AnswerAsync(isLast: true);
        await Task.WhenAll(second).WaitAsync(Patience);
        Task<int>[] third = Ask(4);
        await AnswerAsync(isLast: true);
        await Task.WhenAll(third).WaitAsync(Patience);
        int[] routes = [.. calls.Select(call => call.Route)];
        Assert.Equal([0, 0, 1, 1, 2], routes[..5]);
        Assert.Equal([0, 1, 2], routes[5..8].Order());
        Assert.Equal(routes[5], routes[8]);
        Assert.Equal(routes[9], routes[10]); // it is the only one that has answered since
    }

    /// <summary>Which no request goes by before.</summary>
    [Fact]
    public async Task A_route_that_failed_is_asked_whether_it_answers_and_taken_again_once_it_does()
    {
        ShardLink<int, int> curious = LinkOf(Options with { ProbeInterval = TimeSpan.FromSeconds(1) });
        Task<int> asked = curious.SendAsync(1).AsTask();
        Assert.True(await called.WaitAsync(Patience));
        await FailAsync();
        await AnswerAsync(isLast: true);
        await asked.WaitAsync(Patience);
        clock.Advance(TimeSpan.FromSeconds(1));
        asked = curious.SendAsync(2).AsTask();
        for (int i = 0; i < 2; i++) Assert.True(await called.WaitAsync(Patience));
        Call probe = Assert.Single(calls, call => call.Batch.Length == 0);
        Assert.Equal(0, probe.Route);
        Assert.Equal(1, calls.Single(call => call.Batch is [2]).Route);
        calls.Single(call => call.Batch is [2]).Answer();
        await asked.WaitAsync(Patience);
        probe.Answer();
        using CancellationTokenSource patience = new(Patience);
        for (int request = 3; calls[^1].Route != 0 || calls[^1] == probe; request++)
        {
            patience.Token.ThrowIfCancellationRequested();
            asked = curious.SendAsync(request).AsTask();
            Assert.True(await called.WaitAsync(Patience));
            calls[^1].Answer();
            await asked.WaitAsync(Patience);
        }
    }

    [Fact]
    public async Task While_a_call_is_late_the_next_goes_by_the_next_route_and_both_answers_count()
    {
        ShardLink<int, int> impatient = LinkOf(Options with { LateAfter = TimeSpan.Zero });
        Task<int>[] asked = [impatient.SendAsync(1).AsTask(), impatient.SendAsync(2).AsTask()];
        for (int i = 0; i < 2; i++) Assert.True(await called.WaitAsync(Patience));
        Assert.Equal([0, 1], calls.Select(call => call.Route));
        Assert.Equal([2], calls[1].Batch);
        calls[1].Answer();
        Assert.Equal(20, await asked[1].WaitAsync(Patience));
        Assert.False(asked[0].IsCompleted);
        calls[0].Answer();
        Assert.Equal(10, await asked[0].WaitAsync(Patience));
        Assert.Equal(0, impatient.Queued);
    }

    [Fact]
    [Trait("Invariant", "I5")]
    public async Task What_a_late_call_brought_in_vain_goes_again_and_a_refusal_says_nothing_then()
    {
        ShardLink<int, int> impatient = LinkOf(Options with { LateAfter = TimeSpan.Zero });
        Task<int>[] asked = [impatient.SendAsync(7).AsTask(), impatient.SendAsync(2).AsTask()];
        for (int i = 0; i < 2; i++) Assert.True(await called.WaitAsync(Patience));
        calls[0].End.SetException(new TimeoutException());
        Assert.True(await called.WaitAsync(Patience));
        Assert.Equal([7], calls[2].Batch);
        Assert.Equal(2, calls[2].Route);
        calls[2].Answer();
        calls[1].Answer();
        int[] outcomes = await Task.WhenAll(asked).WaitAsync(Patience);
        Assert.Equal([Unknown, 20], outcomes);
    }

    [Fact]
    [Trait("Invariant", "I10")]
    public async Task There_are_no_more_calls_than_routes_and_those_in_late_ones_hold_their_places()
    {
        ShardLink<int, int> impatient = LinkOf(Options with { LateAfter = TimeSpan.Zero });
        Task<int>[] asked = [.. Enumerable.Range(1, Options.MaxQueued).Select(request => impatient.SendAsync(request).AsTask())];
        for (int i = 0; i < Options.Routes; i++) Assert.True(await called.WaitAsync(Patience));
        Assert.Equal(Overloaded, await impatient.SendAsync(9));
        calls[1].Answer(); // a late one: the last is waited for
        Assert.Equal(20, await asked[1].WaitAsync(Patience));
        Assert.Equal(Options.Routes, calls.Count);
        calls[2].Answer();
        Assert.True(await called.WaitAsync(Patience));
        Assert.Equal([4, 5, 6], calls[3].Batch);
        calls[0].Answer();
        calls[3].Answer();
        Assert.True(await called.WaitAsync(Patience));
        calls[4].Answer();
        int[] outcomes = await Task.WhenAll(asked).WaitAsync(Patience);
        Assert.Equal(Enumerable.Range(1, Options.MaxQueued).Select(request => request * 10), outcomes);
    }

    private ShardLink<int, int> LinkOf(ShardLinkOptions options) =>
        new(CallAsync, Unknown, Overloaded, outcome => outcome != Refused, failures.Add, options, clock);

    private Task<int>[] Ask(params int[] requests)
    {
        Task<int>[] asked = [.. requests.Select(request => link.SendAsync(request).AsTask())];
        Assert.True(called.Wait(Patience));
        return asked;
    }

    private Task<IReadOnlyList<int>> CallAsync(int route, IReadOnlyList<int> batch)
    {
        Call call = new(route, [.. batch]);
        lock (calls) calls.Add(call);
        called.Release();
        return call.End.Task;
    }

    private async Task AnswerAsync(bool isLast = false)
    {
        calls[^1].Answer();
        if (!isLast) Assert.True(await called.WaitAsync(Patience));
    }

    private async Task FailAsync()
    {
        calls[^1].End.SetException(new TimeoutException());
        Assert.True(await called.WaitAsync(Patience));
    }

    private sealed record Call(int Route, int[] Batch)
    {
        public TaskCompletionSource<IReadOnlyList<int>> End { get; } = new();

        public void Answer() => End.SetResult([.. Batch.Select(request => request * 10)]);
    }

    /// <summary>Stands still but for <see cref="Advance"/>; its timers are the system's.</summary>
    private sealed class LinkTime : TimeProvider
    {
        private long now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Volatile.Read(ref now);

        public void Advance(TimeSpan time) => Interlocked.Add(ref now, time.Ticks);
    }
}
