using System.Collections.Concurrent;
using CaptchaCluster.Redemption;
using CaptchaCluster.Tokens;
using static CaptchaCluster.Tests.Unit.Redemption.RedemptionSamples;

namespace CaptchaCluster.Tests.Unit.Redemption;

public sealed class ShardHostStressTests
{
    private const int Seed = 20_261_214;
    private const int Threads = 8;
    private const int Requests = 100_000;
    private const int Tokens = 10_000;
    private const int Attempts = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData(16_384)]
    [InlineData(100)]
    [Trait("Invariant", "I1")]
    public async Task Of_many_attempts_from_many_threads_one_succeeds_and_all_are_answered(int maxQueued)
    {
        Dictionary<TokenId, CommitResult> durable = [];
        int failures = 4;
        Random fate = new(Seed);
        FakeStore store = new() { OnCommit = batch => Commit(batch, durable, fate, Volatile.Read(ref failures)) };
        FakeObserver observer = new();
        ShardHost host = new(store, new RedemptionShard(), new FakeAuthority(), new ManualTime(Now), new ShardHostOptions { MaxQueued = maxQueued }, observer);

        ConcurrentBag<(RedemptionRequest Request, RedemptionOutcome Outcome)> answers = [];
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() => AskAsync(host, new Random(Seed + thread), answers)))).WaitAsync(Patience);
        Assert.Equal(Requests, answers.Count);

        Volatile.Write(ref failures, 0);
        foreach (ulong token in Enumerable.Range(0, Tokens).Select(i => (ulong)i))
        {
            RedemptionRequest last = Ask(token, Attempts);
            answers.Add((last, await host.RedeemAsync(last).AsTask().WaitAsync(Patience)));
        }

        await host.DisposeAsync();
        Assert.Empty(observer.HostFailures);
        Assert.Equal(Tokens, durable.Count);
        foreach ((RedemptionRequest request, RedemptionOutcome outcome) in answers)
        {
            CommitResult fact = durable[request.Token];
            bool right = outcome.Status switch
            {
                RedemptionStatus.Redeemed or RedemptionStatus.Replayed => fact.Attempt == request.Attempt,
                RedemptionStatus.Duplicate => fact.Attempt != request.Attempt,
                RedemptionStatus.Unknown => true,
                RedemptionStatus.Overloaded => maxQueued == 100,
                _ => false,
            };
            Assert.True(right, $"seed {Seed}: {request} {outcome}, durable is {fact}");
        }

        // Each token once for the first time, unless that answer was lost; and nothing of all this happened too seldom to matter.
        Assert.All(
            answers.Where(answer => answer.Outcome.Status == RedemptionStatus.Redeemed).GroupBy(answer => answer.Request.Token),
            redeemed => Assert.Single(redeemed));
        foreach (RedemptionStatus status in new[] { RedemptionStatus.Redeemed, RedemptionStatus.Replayed, RedemptionStatus.Duplicate, RedemptionStatus.Unknown })
            Assert.True(answers.Count(answer => answer.Outcome.Status == status) > 100, $"{status} is too rare");
        Assert.All(store.Batches, batch => Assert.Equal(batch.Length, batch.Select(request => request.Token).Distinct().Count()));
    }

    private static async Task AskAsync(ShardHost host, Random random, ConcurrentBag<(RedemptionRequest Request, RedemptionOutcome Outcome)> answers)
    {
        const int AtOnce = 50;
        for (int done = 0; done < Requests / Threads; done += AtOnce)
        {
            RedemptionRequest[] requests =
                [.. Enumerable.Range(0, AtOnce).Select(_ => Ask((ulong)random.Next(Tokens), (ulong)random.Next(Attempts)))];
            ValueTask<RedemptionOutcome>[] asked = [.. requests.Select(request => host.RedeemAsync(request))];
            for (int i = 0; i < AtOnce; i++) answers.Add((requests[i], await asked[i]));
        }
    }

    /// <summary>One batch in <paramref name="failures"/> loses its acknowledgement, with or without having been recorded.</summary>
    private static CommitResult[] Commit(RedemptionRequest[] batch, Dictionary<TokenId, CommitResult> durable, Random fate, int failures)
    {
        bool unknown = failures > 0 && fate.Next(failures) == 0;
        if (unknown && fate.Next(2) == 0) return FakeStore.Unknown(batch);
        CommitResult[] results = new CommitResult[batch.Length];
        for (int i = 0; i < batch.Length; i++)
        {
            CommitResult fact = new(CommitStatus.Recorded, batch[i].Attempt, Now);
            results[i] = durable.TryAdd(batch[i].Token, fact) ? fact : durable[batch[i].Token] with { Status = CommitStatus.Existing };
        }

        return unknown ? FakeStore.Unknown(batch) : results;
    }
}
