using System.Text;
using CaptchaCluster.Bench.Rows;
using CaptchaCluster.Bench.Servers;
using CaptchaCluster.Tests.Load;
using CaptchaCluster.Tests.Load.Tokens;
using Answer = CaptchaCluster.Tests.Load.Mix.Answer;

namespace CaptchaCluster.Bench.Experiments;

/// <summary>The servers that rows need, all running; one at a time is put under load.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly Dictionary<Row, Contender> contenders = [];
    private readonly string directory;
    private readonly TestClock clock;
    private readonly CancellationToken cancelled;
    private GatewayServer gateway = null!;
    private LoadSite site = null!;
    private RowDriver driver = null!;

    private Stage(string directory, TestClock clock, CancellationToken cancelled) =>
        (this.directory, this.clock, this.cancelled) = (directory, clock, cancelled);

    /// <param name="rows">Whose servers to start.</param>
    /// <param name="directory">Of the stage alone; it gets the ledger, and Redis's logs.</param>
    /// <param name="clock">Of the run.</param>
    /// <param name="cancelled">Ends the run.</param>
    public static async Task<Stage> OpenAsync(IReadOnlyCollection<Row> rows, string directory, TestClock clock, CancellationToken cancelled)
    {
        Stage stage = new(directory, clock, cancelled);
        try
        {
            // Also where it is in no row: it mints the tokens that all are sent.
            stage.gateway = await GatewayServer.StartAsync(Path.Combine(directory, "data"), clock, cancelled);
            stage.site = await stage.gateway.Admin.CreateSiteAsync("bench");
            stage.driver = new RowDriver(new MintedTokens(stage.gateway.Admin, stage.site), clock);
            foreach (Row row in rows)
            {
                stage.contenders.Add(row, await stage.StartAsync(row));
                if (row.NeedsRedis()) await stage.CheckAsync(row);
            }

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
        Row.RedisAlways => await RedisServer.StartBehindGatewayAsync(DirectoryOf(row), "always", gateway, clock, cancelled),
        Row.RedisEverySecond => await RedisServer.StartBehindGatewayAsync(DirectoryOf(row), "everysec", gateway, clock, cancelled),
        Row.ThinRedisAlways => await RedisServer.StartBehindThinFrontAsync(DirectoryOf(row), "always", cancelled),
        Row.ThinRedisEverySecond => await RedisServer.StartBehindThinFrontAsync(DirectoryOf(row), "everysec", cancelled),
        _ => throw new ArgumentOutOfRangeException(nameof(row), row, "not a row"),
    };

    private string DirectoryOf(Row row) => Directory.CreateDirectory(Path.Combine(directory, row.Name())).FullName;

    /// <summary>A competitor that spends no token, or takes any, would be a fast one.</summary>
    private async Task CheckAsync(Row row)
    {
        using VerdictCheck check = new(contenders[row].Front.Url, cancelled);
        TokenBatch minted = await gateway.Admin.MintAsync(site, count: 1, MintedTokens.Life, margin: TimeSpan.Zero);
        string token = Encoding.ASCII.GetString(minted.TextOf(0));
        if (!row.IsThin())
        {
            char first = token[0] == 'e' ? 'f' : 'e';
            await check.RequireAsync(site.RetiredSecret, token, Answer.InvalidSecret);
            await check.RequireAsync(site.Secret, $"{first}{token[1..]}", Answer.InvalidToken);
        }

        await check.RequireAsync(site.Secret, token, Answer.Success);
        await check.RequireAsync(site.Secret, token, Answer.Duplicate);
    }
}
