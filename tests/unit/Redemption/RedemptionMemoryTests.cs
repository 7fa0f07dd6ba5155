using System.Diagnostics;
using CaptchaCluster.Redemption;
using CaptchaCluster.Tokens;
using Xunit.Abstractions;

namespace CaptchaCluster.Tests.Unit.Redemption;

/// <summary>Measures the whole process's heap, so nothing may run beside.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuresTheHeap
{
    public const string Name = "measures the heap";
}

[Collection(MeasuresTheHeap.Name)]
[Trait("Invariant", "I10")]
public sealed class RedemptionMemoryTests(ITestOutputHelper output)
{
    private const int Seed = 20_261_212;
    private const int MaxBytes = 100;

    // 13,926 fill a chunk: one more than a power of two of them is just after all have split, on average; and around that the spread is widest.
    [Theory]
    [InlineData(1_000)]
    [InlineData(13_927)]
    [InlineData(1_000_000)]
    [InlineData((256 * 13_927) + 1)]
    [InlineData(256 * 14_200)]
    [InlineData(256 * 14_600)]
    [InlineData(5_000_000)]
    public void A_redemption_in_a_table_takes_at_most_100_bytes(int count)
    {
        Random random = new(Seed);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        RedemptionTable table = new();
        TimeSpan slowest = TimeSpan.Zero;
        for (int i = 0; i < count; i++)
        {
            TokenId id = Random(random);
            long started = Stopwatch.GetTimestamp();
            table.TryAdd(id, new AttemptKey(id.Low, id.High), RedemptionSamples.Now);
            TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
            if (elapsed > slowest) slowest = elapsed;
        }

        AssertSmall(before, count, slowest);
        Assert.Equal(count, table.Count);
    }

    [Theory]
    [InlineData(67_000)] // ten tables, each of which has just grown
    [InlineData(135_000)] // or just split
    [InlineData(1_000_000)]
    public void A_redemption_in_a_shard_takes_at_most_100_bytes_and_gives_them_back(int count)
    {
        Random random = new(Seed);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        RedemptionShard shard = new();
        TimeSpan slowest = TimeSpan.Zero;
        for (int i = 0; i < count; i++)
        {
            TokenId id = Random(random);
            RedemptionRequest request = new(id, RedemptionSamples.Now + random.Next(1, 601), RedemptionSamples.Site, new(1), new(id.Low, id.High));
            long started = Stopwatch.GetTimestamp();
            Assert.Equal(RedemptionDecision.MustCommit, shard.Judge(request, RedemptionSamples.Now, retired: false, out _));
            shard.Settle(request, new CommitResult(CommitStatus.Recorded, request.Attempt, RedemptionSamples.Now));
            TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
            if (elapsed > slowest) slowest = elapsed;
        }

        AssertSmall(before, count, slowest);
        Assert.Equal(count, shard.LiveRedemptions);
        shard.RaiseHorizon(RedemptionSamples.Now + 700);
        Assert.Equal(0, shard.LiveRedemptions);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 100_000);
        GC.KeepAlive(shard);
    }

    private static TokenId Random(Random random) =>
        new((ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)random.NextInt64(long.MinValue, long.MaxValue));

    private void AssertSmall(long before, int count, TimeSpan slowest)
    {
        double each = (double)(GC.GetTotalMemory(forceFullCollection: true) - before) / count;
        output.WriteLine($"{count} redemptions: {each:f1} bytes each, slowest insertion {slowest.TotalMilliseconds:f2} ms");
        Assert.True(each <= MaxBytes, $"seed {Seed}: {each:f1} bytes each at {count}");
    }
}
