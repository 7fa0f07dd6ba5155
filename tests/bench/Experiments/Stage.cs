using CaptchaCluster.Bench.Rows;
using CaptchaCluster.Bench.Servers;
using CaptchaCluster.Tests.Load;

namespace CaptchaCluster.Bench.Experiments;

/// <summary>The servers that rows need, all running; one at a time is put under load.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly Dictionary<Row, Contender> contenders = [];
    private readonly string directory;
    private readonly CancellationToken cancelled;
    private GatewayServer gateway = null!;
    private RowDriver driver = null!;

    private Stage(string directory, CancellationToken cancelled) => (this.directory, this.cancelled) = (directory, cancelled);

    /// <param name="rows">Whose servers to start.</param>
    /// <param name="directory">Of the stage alone; it gets the ledger, and Redis's logs.</param>
    /// <param name="clock">Of the run.</param>
    /// <param name="cancelled">Ends the run.</param>
    public static async Task<Stage> OpenAsync(IReadOnlyCollection<Row> rows, string directory, TestClock clock, CancellationToken cancelled)
    {
        Stage stage = new(directory, cancelled);
        try
        {
            // Also where it is in no row: it mints the tokens that all are sent.
            stage.gateway = await GatewayServer.StartAsync(Path.Combine(directory, "data"), clock, cancelled);
            stage.driver = new RowDriver(new MintedTokens(stage.gateway.Admin, await stage.gateway.Admin.CreateSiteAsync("bench")), clock);
            foreach (Row row in rows) stage.contenders.Add(row, await stage.StartAsync(row));
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    public Task<Sample> MeasureAsync(Row row, RowLoad load) =>
        driver.MeasureAsync(row, contenders[row], row == Row.Success ? gateway.Ledger : null, load, cancelled);

    /// <summary>Rows one after the other, another one first in each round, so that none always follows the same.</summary>
    public async Task<List<Sample>> MeasureAsync(IReadOnlyList<Row> rows, RowLoad load, int rounds, Action<Sample> onSample)
    {
        List<Sample> samples = [];
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < rows.Count; i++)
            {
                Sample sample = await MeasureAsync(rows[(i + round) % rows.Count], load with { Round = round });
                onSample(sample);
                samples.Add(sample);
            }
        }

        return samples;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Contender contender in contenders.Values.Where(contender => contender != gateway.Contender)) await contender.DisposeAsync();
        if (gateway is not null) await gateway.DisposeAsync();
    }

    private async Task<Contender> StartAsync(Row row) => row switch
    {
        Row.Bare => await HostedServer.StartBareAsync(isHostedAsGateway: false, cancelled),
        Row.BareAsGateway => await HostedServer.StartBareAsync(isHostedAsGateway: true, cancelled),
        Row.Success or Row.Duplicate or Row.Forged => gateway.Contender,
        Row.RedisAlways => await RedisServer.StartAsync(Directory.CreateDirectory(Path.Combine(directory, row.Name())).FullName, "always", cancelled),
        Row.RedisEverySecond => await RedisServer.StartAsync(Directory.CreateDirectory(Path.Combine(directory, row.Name())).FullName, "everysec", cancelled),
        _ => throw new ArgumentOutOfRangeException(nameof(row), row, "not a row"),
    };
}
