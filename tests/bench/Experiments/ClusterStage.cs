using CaptchaCluster.Bench.Rows;
using CaptchaCluster.Bench.Servers;
using CaptchaCluster.Tests.Load;

namespace CaptchaCluster.Bench.Experiments;

/// <summary>
/// A gateway before silos over PostgreSQL, and one before a silo over its embedded ledger, all of them processes, and beside them what they are
/// compared with: the bare server, a gateway with its embedded ledger, and one over the same database that needs no silo.
/// </summary>
internal sealed class ClusterStage : IAsyncDisposable
{
    public const int MostSilos = 3;

    private readonly PostgresServer database;
    private readonly CancellationToken cancelled;
    private readonly Dictionary<Row, (RowDriver Driver, Contender Contender)> rows = [];
    private readonly List<IAsyncDisposable> started = [];

    private ClusterStage(PostgresServer database, CancellationToken cancelled) => (this.database, this.cancelled) = (database, cancelled);

    /// <param name="silos">How many.</param>
    /// <param name="database">Over which; not this stage's own.</param>
    /// <param name="directory">Of the stage alone.</param>
    /// <param name="clock">Of the run.</param>
    /// <param name="cancelled">Ends the run.</param>
    public static async Task<ClusterStage> OpenAsync(int silos, PostgresServer database, string directory, TestClock clock, CancellationToken cancelled)
    {
        ClusterStage stage = new(database, cancelled);
        try
        {
            await stage.StartAsync(silos, directory, clock);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>With one silo all that a cluster is compared with; with more only what tells what they change.</summary>
    public static IReadOnlyList<Row> RowsOf(int silos) =>
        silos == 1 ? [Row.Bare, Row.Success, Row.Duplicate, Row.Hop, Row.Postgres, Row.Cluster, Row.SoleSilo] : [Row.Bare, Row.Success, Row.Cluster];

    /// <summary>Rows one after the other, another one first in each round.</summary>
    public async Task<List<Sample>> MeasureAsync(IReadOnlyList<Row> measured, RowLoad load, int rounds, Action<Sample> onSample)
    {
        List<Sample> samples = [];
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < measured.Count; i++)
            {
                samples.Add(await MeasureAsync(measured[(i + round) % measured.Count], load with { Round = round }));
                onSample(samples[^1]);
            }
        }

        return samples;
    }

    public async ValueTask DisposeAsync()
    {
        for (int i = started.Count - 1; i >= 0; i--) await started[i].DisposeAsync();
    }

    private async Task StartAsync(int count, string directory, TestClock clock)
    {
        SiloServers silos = Own(await SiloServers.StartAsync(count, database, $"bench-{count}", cancelled));
        GatewayServer member = Own(await GatewayServer.StartBeforeAsync(silos, Path.Combine(directory, "member"), clock, cancelled));
        GatewayServer shared = Own(await GatewayServer.StartOverAsync(database, Path.Combine(directory, "shared"), clock, cancelled));
        GatewayServer alone = Own(await GatewayServer.StartAsync(Path.Combine(directory, "alone"), clock, cancelled));
        Contender bare = Own(await HostedServer.StartBareAsync(isHostedAsGateway: false, cancelled));

        // Tokens of one are none to the other: their sites and keys differ.
        RowDriver ofDatabase = new(new MintedTokens(member.Admin, await member.Admin.CreateSiteAsync("bench")), clock);
        RowDriver ofLedger = new(new MintedTokens(alone.Admin, await alone.Admin.CreateSiteAsync("bench")), clock);
        Contender cluster = new([member.Contender.Front], database) { Silos = silos.Servers };
        rows.Add(Row.Bare, (ofDatabase, bare));
        rows.Add(Row.Success, (ofLedger, alone.Contender));
        rows.Add(Row.Duplicate, (ofLedger, alone.Contender));
        rows.Add(Row.Hop, (ofDatabase, cluster));
        rows.Add(Row.Postgres, (ofDatabase, new Contender([shared.Contender.Front], database)));
        rows.Add(Row.Cluster, (ofDatabase, cluster));
        if (count == 1) await StartSoleAsync(directory, clock);
    }

    private async Task StartSoleAsync(string directory, TestClock clock)
    {
        SiloServers silos = Own(await SiloServers.StartSoleAsync(Path.Combine(directory, "sole"), cancelled));
        GatewayServer member = Own(await GatewayServer.StartBeforeAsync(silos, Path.Combine(directory, "before-sole"), clock, cancelled));
        RowDriver driver = new(new MintedTokens(member.Admin, await member.Admin.CreateSiteAsync("bench")), clock);
        rows.Add(Row.SoleSilo, (driver, new Contender([member.Contender.Front]) { Silos = silos.Servers }));
    }

    private async Task<Sample> MeasureAsync(Row row, RowLoad load)
    {
        (RowDriver driver, Contender contender) = rows[row];
        Sample sample = await driver.MeasureAsync(row, contender, ledger: null, load, cancelled);
        if (!row.HasSilos()) return sample;
        if (sample.Calls!.RequestsPerCall * sample.Calls.CallsPerSecond < sample.Rate * 0.99)
            throw new SetupException($"The gateway answered {sample.Rate:#,0} requests a second and asked the silos for fewer: it is not their way that was measured.");
        return sample with { Silos = contender.Silos.Count };
    }

    private T Own<T>(T one)
        where T : IAsyncDisposable
    {
        started.Add(one);
        return one;
    }
}
