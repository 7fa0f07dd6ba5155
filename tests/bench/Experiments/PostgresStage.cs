using CaptchaCluster.Bench.Rows;
using CaptchaCluster.Bench.Servers;
using CaptchaCluster.Tests.Load;
using CaptchaCluster.Tests.Load.Tokens;

namespace CaptchaCluster.Bench.Experiments;

/// <summary>Gateways over one PostgreSQL, and the bare server beside them, all running; as many gateways as are asked for are put under load.</summary>
internal sealed class PostgresStage : IAsyncDisposable
{
    public const int MostGateways = 4;

    private readonly List<GatewayServer> gateways = [];
    private readonly PostgresServer database;
    private readonly CancellationToken cancelled;
    private LoadSite site = null!;
    private Contender bare = null!;
    private RowDriver driver = null!;

    private PostgresStage(PostgresServer database, CancellationToken cancelled) => (this.database, this.cancelled) = (database, cancelled);

    /// <param name="directory">Of the stage alone.</param>
    /// <param name="clock">Of the run.</param>
    /// <param name="cancelled">Ends the run.</param>
    public static async Task<PostgresStage> OpenAsync(string directory, TestClock clock, CancellationToken cancelled)
    {
        string server = Directory.CreateDirectory(Path.Combine(directory, "postgres")).FullName;
        PostgresStage stage = new(await PostgresServer.StartAsync(server, cancelled), cancelled);
        try
        {
            for (int i = 1; i <= MostGateways; i++)
                stage.gateways.Add(await GatewayServer.StartOverAsync(stage.database, Path.Combine(directory, $"data-{i}"), clock, cancelled));
            stage.bare = await HostedServer.StartBareAsync(isHostedAsGateway: false, cancelled);
            stage.site = await stage.gateways[0].Admin.CreateSiteAsync("bench");
            stage.driver = new RowDriver(new MintedTokens(stage.gateways[0].Admin, stage.site), clock);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>In rounds: the bare server, and each number of gateways.</summary>
    public async Task<List<Sample>> MeasureAsync(IReadOnlyList<int> gatewayCounts, RowLoad load, int rounds, Action<Sample> onSample)
    {
        List<Sample> samples = [];
        int[] contenders = [0, .. gatewayCounts];
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < contenders.Length; i++)
            {
                samples.Add(await MeasureAsync(contenders[(i + round) % contenders.Length], load with { Round = round }));
                onSample(samples[^1]);
            }
        }

        return samples;
    }

    /// <summary>Adds redemptions until there are so many more.</summary>
    public Task FillAsync(long count, DateTimeOffset now) => database.FillAsync(count, site.Key, now + MintedTokens.Life, cancelled);

    public Task<string> VersionAsync() => database.VersionAsync(cancelled);

    public async ValueTask DisposeAsync()
    {
        if (bare is not null) await bare.DisposeAsync();
        foreach (GatewayServer gateway in gateways) await gateway.DisposeAsync();
        await database.DisposeAsync();
    }

    private async Task<Sample> MeasureAsync(int count, RowLoad load)
    {
        if (count == 0) return await driver.MeasureAsync(Row.Bare, bare, ledger: null, load, cancelled);
        Contender contender = new([.. gateways.Take(count).Select(gateway => gateway.Contender.Front)], database);
        return await driver.MeasureAsync(Row.Postgres, contender, ledger: null, load, cancelled) with { Gateways = count };
    }
}
