namespace CaptchaCluster.Tests.Load.Tokens;

/// <summary>
/// Mints through the admin API: some before the test, and more while it runs as the pool runs low. What is minted before costs
/// the server nothing while it is measured.
/// </summary>
internal sealed class TokenSupply(AdminApi admin, LoadSite site, TokenPool pool, TimeSpan ttl, TestClock clock)
{
    private static readonly TimeSpan LookOver = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    /// <summary>Tokens minted while the test ran.</summary>
    public long MintedWhileRunning { get; private set; }

    /// <summary>Mints before the test; fewer where it is cancelled.</summary>
    public async Task PrepareAsync(long count, CancellationToken cancelled)
    {
        for (long left = count; left > 0 && !cancelled.IsCancellationRequested; left -= AdminApi.MaxTokensPerCall)
            pool.Add(await MintAsync((int)Math.Min(left, AdminApi.MaxTokensPerCall)));
    }

    /// <summary>Mints whenever fewer than this are left, until cancelled.</summary>
    public async Task KeepAsync(long atLeast, CancellationToken cancelled)
    {
        using PeriodicTimer timer = new(LookOver, clock.Provider);
        try
        {
            while (await timer.WaitForNextTickAsync(cancelled))
            {
                while (pool.Count < atLeast && !cancelled.IsCancellationRequested)
                {
                    TokenBatch batch = await MintAsync(AdminApi.MaxTokensPerCall);
                    pool.Add(batch);
                    MintedWhileRunning += batch.Count;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    /// <summary>Tokens that have expired by the time they are returned, by any clock within the second.</summary>
    public async Task<TokenBatch> ExpiredAsync(int count)
    {
        TimeSpan shortest = TimeSpan.FromSeconds(1);
        TokenBatch batch = await admin.MintAsync(site, count, shortest, margin: TimeSpan.Zero);
        await Task.Delay(shortest + shortest, clock.Provider);
        return batch;
    }

    private Task<TokenBatch> MintAsync(int count) => admin.MintAsync(site, count, ttl, Margin);
}
