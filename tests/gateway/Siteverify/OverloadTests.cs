using System.Diagnostics.Metrics;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Redemption;
using Microsoft.Extensions.Logging;

namespace CaptchaCluster.Tests.Gateway.Siteverify;

/// <summary>The public listener and the loop behind it, before a ledger that stands still until the test lets it go on.</summary>
public sealed class OverloadTests : IAsyncLifetime
{
    private const int MaxQueued = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly OneSite site = new();
    private readonly StallingStore store = new();
    private readonly Meter meter = new(Instrumentation.Name);
    private readonly ShardHost host;

    public OverloadTests()
    {
        RedemptionMetrics metrics = new(meter, new ShardLog(site.Logs.CreateLogger<ShardLog>(), site.Clock));
        host = new ShardHost(store, new RedemptionShard(), site.Sites, site.Clock, new ShardHostOptions { MaxQueued = MaxQueued }, metrics);
    }

    public Task InitializeAsync() => site.StartAsync(host);

    public async Task DisposeAsync()
    {
        store.Release();
        await host.DisposeAsync();
        await site.DisposeAsync();
        meter.Dispose();
    }

    [Fact]
    [Trait("Invariant", "I9 I10")]
    public async Task A_full_queue_is_answered_503_at_once_ends_readiness_and_recovers()
    {
        List<Task<Reply>> accepted = [await StallAsync()];
        for (int i = 0; i < MaxQueued; i++) accepted.Add(site.VerifyAsync(site.Mint()));
        await UntilQueuedAsync(MaxQueued);

        string refusedToken = site.Mint();
        for (int i = 0; i < 3; i++)
        {
            Reply refused = await site.VerifyAsync(refusedToken);
            Assert.Equal((503, """{"success":false,"error-codes":["internal-error"]}"""), (refused.Status, refused.Text));
            Assert.Equal("1", refused.Headers.RetryAfter!.ToString());
        }

        Assert.Equal(503, (await site.GetAsync("/healthz/ready")).Status);
        Assert.Equal(200, (await site.GetAsync("/healthz/live")).Status);
        Assert.All(accepted, task => Assert.False(task.IsCompleted));
        Assert.Contains("queue of redemptions is full: 1 requests", Assert.Single(site.Logs.AtLeast(LogLevel.Warning)));

        // Every one that was accepted is answered, and who was refused has lost nothing.
        store.Release();
        Assert.All(await Task.WhenAll(accepted).WaitAsync(Patience), reply => Assert.True(reply.Success, reply.Text));
        Assert.Equal(200, (await site.GetAsync("/healthz/ready")).Status);
        Assert.True((await site.VerifyAsync(refusedToken)).Success);
    }

    [Fact]
    [Trait("Invariant", "I9")]
    public async Task A_commit_that_takes_too_long_ends_readiness_until_it_is_done()
    {
        Task<Reply> accepted = await StallAsync();
        site.Clock.Advance(4);
        Assert.Equal(200, (await site.GetAsync("/healthz/ready")).Status);
        site.Clock.Advance(1);
        Assert.Equal(503, (await site.GetAsync("/healthz/ready")).Status);
        Assert.False(accepted.IsCompleted);
        store.Release();
        Assert.True((await accepted.WaitAsync(Patience)).Success);
        Assert.Equal(200, (await site.GetAsync("/healthz/ready")).Status);
        await host.DisposeAsync();
        Assert.Contains("A commit of 1 redemptions took 5.0 s", Assert.Single(site.Logs.AtLeast(LogLevel.Warning)));
    }

    /// <summary>A verification that is in the commit that stands still.</summary>
    private async Task<Task<Reply>> StallAsync()
    {
        Task<Reply> first = site.VerifyAsync(site.Mint());
        await store.Entered.WaitAsync(Patience);
        return first;
    }

    private async Task UntilQueuedAsync(int count)
    {
        using CancellationTokenSource patience = new(Patience);
        while (host.Queued < count)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private sealed class StallingStore : IRedemptionStore
    {
        private readonly TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Entered => entered.Task;

        public UnixSeconds Horizon => default;

        public UnixSeconds IssuedFloor => default;

        public bool CanCommit => true;

        public void Release() => released.TrySetResult();

        public async ValueTask CommitAsync(ReadOnlyMemory<RedemptionRequest> batch, Memory<CommitResult> results, UnixSeconds now)
        {
            entered.TrySetResult();
            await released.Task;
            for (int i = 0; i < batch.Length; i++) results.Span[i] = new CommitResult(CommitStatus.Recorded, batch.Span[i].Attempt, now);
        }

        public ValueTask PurgeAsync(UnixSeconds upTo) => ValueTask.CompletedTask;
    }
}
