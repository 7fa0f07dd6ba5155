using System.Net;
using CaptchaCluster.Bench.Rows;
using CaptchaCluster.Bench.Servers;
using CaptchaCluster.Tests.Load;
using CaptchaCluster.Tests.Load.Tokens;

namespace CaptchaCluster.Bench.Experiments;

/// <summary>How the start, the memory and the throughput of a gateway change with the redemptions that its ledger holds.</summary>
internal sealed class LiveGrowth(string directory, TestClock clock, CancellationToken cancelled)
{
    /// <param name="live">Redemptions.</param>
    /// <param name="warmup">Of each of the two, left out of the results.</param>
    /// <param name="load">How the two are put under load, in turns.</param>
    /// <param name="rounds">How often.</param>
    /// <param name="bare">The yardstick.</param>
    /// <param name="onSample">Hears of each.</param>
    public async Task<LivePoint> MeasureAsync(long live, TimeSpan warmup, RowLoad load, int rounds, Contender bare, Action<Sample> onSample)
    {
        string data = Path.Combine(directory, $"live-{live}");
        LoadSite site;
        await using (GatewayServer first = await GatewayServer.StartAsync(data, clock, cancelled)) site = await first.Admin.CreateSiteAsync("bench");
        await SeededLedger.FillAsync(data, site.Key, live, clock.Provider, cancelled);

        TimeSpan begun = clock.Now;
        await using GatewayServer gateway = await GatewayServer.StartAsync(data, clock, cancelled);
        await RequireReadyAsync(gateway.Contender.Front.Url);
        TimeSpan ready = clock.Now - begun;
        CollectorCounts counts = await gateway.Contender.Front.Server.CollectAsync(cancelled);
        long resident = ProcessUse.Resident(gateway.Contender.Front.Server.Id);

        RowDriver driver = new(new MintedTokens(gateway.Admin, site), clock);
        await driver.MeasureAsync(Row.Bare, bare, ledger: null, load with { Duration = warmup }, cancelled);
        await driver.MeasureAsync(Row.Success, gateway.Contender, gateway.Ledger, load with { Duration = warmup }, cancelled);
        List<Sample> samples = [];
        for (int round = 0; round < rounds; round++)
        {
            samples.Add(await driver.MeasureAsync(Row.Bare, bare, ledger: null, load with { Round = round }, cancelled));
            onSample(samples[^1]);
            samples.Add(await driver.MeasureAsync(Row.Success, gateway.Contender, gateway.Ledger, load with { Round = round }, cancelled));
            onSample(samples[^1]);
        }

        return new LivePoint(live, ready.TotalSeconds, counts.Heap, resident, samples);
    }

    private async Task RequireReadyAsync(Uri url)
    {
        using HttpClient http = new();
        using HttpResponseMessage response = await http.GetAsync(new Uri(url, "/healthz/ready"), cancelled);
        if (response.StatusCode != HttpStatusCode.OK) throw new SetupException($"The gateway serves and is not ready: {(int)response.StatusCode}.");
    }
}
