using System.Diagnostics.Metrics;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.File;
using CaptchaCluster.Storage.File.Ledger;
using CaptchaCluster.Tests.Load;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Bench.Experiments;

/// <summary>Fills the ledger of a gateway that is not running, by the product's own store.</summary>
internal static class SeededLedger
{
    /// <summary>Larger than commits under load on few cores: it is about the records, not about the syncs.</summary>
    private const int BatchSize = 1024;

    /// <summary>Seconds over which their expiries are spread: a default life.</summary>
    private const int Life = 600;

    /// <summary>Seconds from now in which none expires: nothing is forgotten while it is measured.</summary>
    private const int Least = 1800;

    public static async Task FillAsync(string dataDirectory, string sitekey, long count, TimeProvider time, CancellationToken cancelled)
    {
        if (!SiteKey.TryParse(sitekey, out SiteKey site)) throw new SetupException($"'{sitekey}' is no sitekey.");
        using DataDirectory directory = DataDirectory.Open(dataDirectory);
        using Meter meter = new("CaptchaCluster.Bench");
        UnixSeconds now = UnixSeconds.Now(time);
        using FileRedemptionStore store = FileRedemptionStore.Open(
            directory.Ledger, new RedemptionShard(), new FileRedemptionStoreOptions(), now, _ => { }, new LedgerMetrics(meter, time));
        Random random = new(1);
        RedemptionRequest[] batch = new RedemptionRequest[BatchSize];
        CommitResult[] results = new CommitResult[BatchSize];
        for (long left = count; left > 0; left -= BatchSize)
        {
            cancelled.ThrowIfCancellationRequested();
            int size = (int)Math.Min(left, BatchSize);
            for (int i = 0; i < size; i++)
            {
                batch[i] = new RedemptionRequest(
                    new TokenId(Any(), Any()), now + Least + random.Next(Life), site, default, new AttemptKey(Any(), Any()));
            }

            await store.CommitAsync(batch.AsMemory(0, size), results.AsMemory(0, size), now);
        }

        ulong Any() => (ulong)random.NextInt64(long.MinValue, long.MaxValue);
    }
}
