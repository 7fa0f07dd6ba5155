using CaptchaCluster.Tests.Load.Tokens;

namespace CaptchaCluster.Bench.Rows;

/// <summary>
/// Tokens minted in advance, between the measurements. Each server gets the same ones in the same order, so that every row's
/// requests are of the same form.
/// </summary>
internal sealed class MintedTokens(AdminApi admin, LoadSite site)
{
    public static readonly TimeSpan Life = TimeSpan.FromHours(1);
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    private readonly List<TokenBatch> batches = [];
    private readonly Dictionary<object, Supply> supplies = [];

    public LoadSite Site => site;

    /// <summary>Tokens that were not sent to this server, this many at least.</summary>
    public async Task<TokenPool> AtLeastAsync(object server, long count, CancellationToken cancelled)
    {
        if (!supplies.TryGetValue(server, out Supply? supply)) supplies.Add(server, supply = new Supply());
        while (supply.Pool.Count < count)
        {
            cancelled.ThrowIfCancellationRequested();
            if (supply.Next == batches.Count) batches.Add(await admin.MintAsync(site, AdminApi.MaxTokensPerCall, Life, Margin));
            supply.Pool.Add(batches[supply.Next++]);
        }

        return supply.Pool;
    }

    /// <summary>The server does not care if they come again.</summary>
    public void Recycle(object server) => supplies.Remove(server);

    private sealed class Supply
    {
        public TokenPool Pool { get; } = new();

        public int Next { get; set; }
    }
}
