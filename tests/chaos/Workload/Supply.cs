using System.Net;
using CaptchaCluster.Tests.Chaos.Node;

namespace CaptchaCluster.Tests.Chaos.Workload;

/// <summary>Mints tokens as they are used up.</summary>
/// <param name="run">Records them.</param>
/// <param name="nodes">Mint them.</param>
/// <param name="traffic">Takes them.</param>
/// <param name="isShortLived">No token lives longer than seconds, so that most of the ledger is forgotten.</param>
internal sealed class Supply(RecordedRun run, NodePool nodes, Traffic traffic, bool isShortLived)
{
    private const int Reserve = 4000;
    private const int CountPerSite = 250;
    private const int LongLife = 3600;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    public async Task RunAsync(Random random, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            if (traffic.FreshCount >= Reserve)
            {
                await Task.Delay(Look, CancellationToken.None);
                continue;
            }

            try
            {
                Incarnation incarnation = await nodes.ServingAsync(random).WaitAsync(stopping);
                await MintAsync(incarnation.Process.Admin, random);
            }
            catch (AdminException exception) when (exception.IsUnknown)
            {
                // Its process ended; the next one will do it.
                await Task.Delay(Look, CancellationToken.None);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    public async Task MintAsync(AdminClient admin, Random random)
    {
        bool isShort = isShortLived || random.Next(5) == 0;
        int ttl = isShort ? random.Next(3, 20) : LongLife;
        List<MintedToken> minted = [];
        foreach (RecordedSite site in run.Sites)
        {
            try
            {
                minted.AddRange(await run.MintAsync(admin, site, CountPerSite, ttl));
            }
            catch (AdminException exception) when (exception.Status == HttpStatusCode.Conflict)
            {
                // The site is disabled just now.
            }
        }

        MintedToken[] tokens = [.. minted];
        random.Shuffle(tokens);
        traffic.Add(tokens);
    }
}
