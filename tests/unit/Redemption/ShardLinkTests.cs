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
        Budget = TimeSpan.FromSeconds(5),
        FirstPause = TimeSpan.FromTicks(1),
        LongestPause = TimeSpan.FromTicks(1),
    };

    private readonly LinkTime clock = new();
    private readonly List<int[]> calls = [];
    private readonly SemaphoreSlim called = new(0);
    private readonly List<Exception> failures = [];
    private readonly ShardLink<int, int> link;
    private TaskCompletionSource<IReadOnlyList<int>> call = new();

    public ShardLinkTests() => link = new ShardLink<int, int>(CallAsync, Unknown, Overloaded, outcome => outcome != Refused, failures.Add, Options, clock);

    [Fact]
    public async Task What_comes_while_a_call_is_under_way_goes_with_the_next_up_to_its_limit()
    {
        Task<int>[] asked = Ask(1, 2, 3, 4, 5);
        Assert.Equal([1], Assert.Single(calls));
        await AnswerAsync();
        Assert.Equal([2, 3, 4], calls[1]);
        await AnswerAsync();
        Assert.Equal([5], calls[2]);
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
        Assert.Equal([1, 2, 3], calls[1]);
        await FailAsync();
        Assert.Equal([1, 2, 3], calls[2]);
        await AnswerAsync();
        Assert.Equal([4], calls[3]);
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
        Assert.Equal([2], calls[1]);
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
        End(end => end.SetResult([10, 20]));
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

    private Task<int>[] Ask(params int[] requests)
    {
        Task<int>[] asked = [.. requests.Select(request => link.SendAsync(request).AsTask())];
        Assert.True(called.Wait(Patience));
        return asked;
    }

    private Task<IReadOnlyList<int>> CallAsync(IReadOnlyList<int> batch)
    {
        calls.Add([.. batch]);
        call = new TaskCompletionSource<IReadOnlyList<int>>();
        called.Release();
        return call.Task;
    }

    private async Task AnswerAsync(bool isLast = false)
    {
        int[] batch = calls[^1];
        End(end => end.SetResult([.. batch.Select(request => request * 10)]));
        if (!isLast) Assert.True(await called.WaitAsync(Patience));
    }

    private async Task FailAsync()
    {
        End(end => end.SetException(new TimeoutException()));
        Assert.True(await called.WaitAsync(Patience));
    }

    private void End(Action<TaskCompletionSource<IReadOnlyList<int>>> end) => end(call);

    /// <summary>Stands still but for <see cref="Advance"/>; its timers are the system's.</summary>
    private sealed class LinkTime : TimeProvider
    {
        private long now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Volatile.Read(ref now);

        public void Advance(TimeSpan time) => Interlocked.Add(ref now, time.Ticks);
    }
}
