using BenchmarkDotNet.Attributes;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Bench.Micro;

/// <summary>The shard alone: no threads, no disk.</summary>
public class ShardBenchmarks
{
    private const int Tokens = 100_000;
    private const int Life = 600;

    private readonly UnixSeconds now = UnixSeconds.Now(TimeProvider.System);
    private readonly RedemptionRequest[] requests = new RedemptionRequest[Tokens];
    private readonly RedemptionShard filled = new();

    public ShardBenchmarks()
    {
        Random random = new(1);
        for (int i = 0; i < Tokens; i++)
        {
            requests[i] = new RedemptionRequest(
                new TokenId((ulong)random.NextInt64(), (ulong)random.NextInt64() << 1), now + 1 + random.Next(Life), new SiteKey(1, 2), Generation.First, new AttemptKey(1, (ulong)i));
        }

        Redeem(filled);
        if (filled.LiveRedemptions != Tokens || Duplicate() != Tokens) throw new InvalidOperationException("The shard is wrong.");
    }

    /// <summary>All that becomes of a new token in memory, the growth of the tables included.</summary>
    [Benchmark(OperationsPerInvoke = Tokens)]
    public long RedeemNew()
    {
        RedemptionShard shard = new();
        Redeem(shard);
        return shard.LiveRedemptions;
    }

    [Benchmark(OperationsPerInvoke = Tokens)]
    public int Duplicate()
    {
        int duplicates = 0;
        foreach (ref readonly RedemptionRequest request in requests.AsSpan())
        {
            RedemptionRequest other = request with { Attempt = new AttemptKey(2, 2) };
            if (filled.Judge(other, now, retired: false, out _) == RedemptionDecision.Duplicate) duplicates++;
        }

        return duplicates;
    }

    private void Redeem(RedemptionShard shard)
    {
        foreach (ref readonly RedemptionRequest request in requests.AsSpan())
        {
            if (shard.Judge(request, now, retired: false, out _) != RedemptionDecision.MustCommit) throw new InvalidOperationException("not a new token");
            shard.Settle(request, new CommitResult(CommitStatus.Recorded, request.Attempt, now));
        }
    }
}
