using System.Globalization;
using CaptchaCluster.Bench.CommandLine;
using CaptchaCluster.Bench.Experiments;
using CaptchaCluster.Bench.Report;
using CaptchaCluster.Bench.Rows;
using CaptchaCluster.Bench.Servers;
using CaptchaCluster.Tests.Load;
using PostgresPrograms = CaptchaCluster.Tests.Processes.Postgres.PostgresPrograms;

namespace CaptchaCluster.Bench;

/// <summary>One run: the experiments that were asked for, one after the other. Leaves nothing behind.</summary>
internal sealed class BenchRun(BenchOptions options, TestClock clock, TextWriter progress, CancellationToken cancelled)
{
    /// <summary>Of the open loop: enough that none waits for another.</summary>
    private const int LatencyConnections = 256;

    /// <summary>Of the rest, where one number has to do.</summary>
    private const int UsualConnections = 64;

    private const int GrowthRounds = 2;

    /// <summary>Processors; what the kernel does for the disk is in it.</summary>
    private const double QuietShare = 0.25;

    private readonly List<string> notices = [];

    /// <exception cref="SetupException">It cannot be run as asked.</exception>
    public async Task<BenchResults> RunAsync()
    {
        DateTimeOffset started = clock.UtcNow;
        string? redis = RedisServer.Version();
        IReadOnlyList<Row> rows = RowsThatCanRun(redis is not null);
        Machine machine = Machine.Read(options.Directory, redis);
        notices.AddRange(machine.Notices());
        foreach (string notice in notices) await progress.WriteLineAsync(notice);

        DirectoryInfo directory = Directory.CreateDirectory(Path.Combine(options.Directory, $"captchacluster-bench-{Environment.ProcessId}"));
        try
        {
            BenchResults results = await RunAsync(directory.FullName, rows);
            if (Spread.Of(results.AllSamples.Select(sample => sample.OthersBusy)).Median is var busy and > QuietShare)
                notices.Add(string.Create(CultureInfo.InvariantCulture, $"Something else kept {busy:0.0} processors busy meanwhile: these figures are provisional."));
            return results with { Machine = machine, Started = started, Took = clock.UtcNow - started, Notices = notices };
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private async Task<BenchResults> RunAsync(string directory, IReadOnlyList<Row> rows)
    {
        BenchResults results = new() { Command = options.Command };
        DiskProbe disk = new(directory, clock);
        await using (Stage stage = await Stage.OpenAsync(rows, directory, clock, cancelled))
        {
            await WarmUpAsync(stage, rows);
            results = results with { Rows = await CompareAsync(stage, rows, disk) };
            if (options.HasLatency) results = results with { Latency = await MeasureLatencyAsync(stage, rows, results) };
            results = results with { Growth = await GrowConnectionsAsync(stage, rows) };
        }

        results = results with { Live = await GrowLiveAsync(directory), Postgres = await MeasurePostgresAsync(directory), Cluster = await MeasureClusterAsync(directory), Fsync = disk.Times };
        if (!options.HasMicro) return results;
        Say("Micro-benchmarks …");
        return results with { Micro = await MicroBenchmarks.RunAsync(Path.Combine(directory, "micro"), cancelled) };
    }

    private async Task WarmUpAsync(Stage stage, IReadOnlyList<Row> rows)
    {
        Say("Warming up …");
        const int Turns = 3; // what is compiled for one row is compiled again, better, once it was seen with the others
        await stage.MeasureAsync(rows, new RowLoad(options.Connections[0], options.Warmup / Turns), Turns, _ => { });
    }

    private async Task<List<Sample>> CompareAsync(Stage stage, IReadOnlyList<Row> rows, DiskProbe disk)
    {
        List<Sample> samples = [];
        foreach (int connections in options.Connections)
        {
            Say($"{connections} connections, {options.Rounds} rounds of {options.Duration.TotalSeconds:0.###} s each");
            disk.Measure();
            samples.AddRange(await stage.MeasureAsync(rows, new RowLoad(connections, options.Duration), options.Rounds, Show));
        }

        return samples;
    }

    private async Task<List<Sample>> MeasureLatencyAsync(Stage stage, IReadOnlyList<Row> rows, BenchResults results)
    {
        Say("Latency at half of the peak rate");
        List<Sample> samples = [];
        for (int round = 0; round < options.Rounds; round++)
        {
            foreach (Row row in rows.Where(row => row is Row.Bare or Row.Success or Row.RedisAlways or Row.RedisEverySecond))
            {
                double peak = results.Rows.Where(sample => sample.Row == row).GroupBy(sample => sample.Connections)
                    .Max(group => Spread.Of(group.Select(sample => sample.Rate)).Median);
                RowLoad load = new(LatencyConnections, options.Duration, round, Math.Max(1, peak / 2));
                samples.Add(await stage.MeasureAsync(row, load));
                Show(samples[^1]);
            }
        }

        return samples;
    }

    private async Task<List<Sample>> GrowConnectionsAsync(Stage stage, IReadOnlyList<Row> rows)
    {
        List<Sample> samples = [];
        foreach (int connections in options.ConnectionGrowth)
        {
            Say($"Growth: {connections} connections");
            Row[] compared = [.. rows.Where(row => row is Row.Bare or Row.Success)];
            samples.AddRange(await stage.MeasureAsync(compared, new RowLoad(connections, options.Duration), GrowthRounds, Show));
        }

        return samples;
    }

    private async Task<List<LivePoint>> GrowLiveAsync(string directory)
    {
        List<LivePoint> points = [];
        if (options.LiveGrowth.Count == 0) return points;
        await using Contender bare = await HostedServer.StartBareAsync(isHostedAsGateway: false, cancelled);
        LiveGrowth growth = new(directory, clock, cancelled);
        RowLoad load = new(UsualConnections, options.Duration);
        foreach (long live in options.LiveGrowth.Prepend(0))
        {
            Say($"Growth: {live:#,0} live redemptions");
            points.Add(await growth.MeasureAsync(live, options.Warmup / 2, load, GrowthRounds, bare, Show));
            Say($"ready after {points[^1].ReadySeconds:0.00} s, {points[^1].Heap:#,0} bytes of managed heap");
        }

        return points;
    }

    private async Task<PostgresFigures?> MeasurePostgresAsync(string directory)
    {
        if (!options.HasPostgres && options.PostgresLiveGrowth.Count == 0) return null;
        if (PostgresPrograms.Missing is { } missing)
        {
            notices.Add($"PostgreSQL is left out: {missing}.");
            return null;
        }

        await using PostgresStage stage = await PostgresStage.OpenAsync(directory, clock, cancelled);
        int[] counts = [.. Enumerable.Range(1, PostgresStage.MostGateways)];
        Say("PostgreSQL: warming up …");
        const int Turns = 2;
        await stage.MeasureAsync(counts, new RowLoad(UsualConnections, options.Warmup / Turns), Turns, _ => { });
        List<Sample> samples = [];
        foreach (int connections in options.HasPostgres ? options.Connections : [])
        {
            Say($"PostgreSQL: {connections} connections, {options.Rounds} rounds of {options.Duration.TotalSeconds:0.###} s each");
            samples.AddRange(await stage.MeasureAsync(counts, new RowLoad(connections, options.Duration), options.Rounds, Show));
        }

        List<PostgresLivePoint> points = [];
        long filled = 0;
        foreach (long live in options.PostgresLiveGrowth)
        {
            Say($"PostgreSQL: {live:#,0} live redemptions");
            await stage.FillAsync(live - filled, clock.UtcNow);
            filled = Math.Max(filled, live);
            points.Add(new PostgresLivePoint(live, await stage.MeasureAsync([1], new RowLoad(LatencyConnections, options.Duration), options.Rounds, Show)));
        }

        return new PostgresFigures(await stage.VersionAsync(), PostgresServer.Settings, samples, points);
    }

    private async Task<ClusterFigures?> MeasureClusterAsync(string directory)
    {
        if (!options.HasCluster) return null;
        if ((ClusterProgram.Missing ?? PostgresPrograms.Missing) is { } missing)
        {
            notices.Add($"THE CLUSTER WAS NOT MEASURED: {missing}.");
            await progress.WriteLineAsync(notices[^1]);
            return null;
        }

        string own = Directory.CreateDirectory(Path.Combine(directory, "cluster")).FullName;
        await using PostgresServer database = await PostgresServer.StartAsync(Directory.CreateDirectory(Path.Combine(own, "postgres")).FullName, cancelled);
        List<ClusterSize> sizes = [];
        for (int silos = 1; silos <= ClusterStage.MostSilos; silos++)
        {
            Say($"Cluster of {silos}: warming up …");
            await using ClusterStage stage = await ClusterStage.OpenAsync(silos, database, Path.Combine(own, $"{silos}"), clock, cancelled);
            IReadOnlyList<Row> rows = ClusterStage.RowsOf(silos);
            const int Turns = 3;
            await stage.MeasureAsync(rows, new RowLoad(options.Connections[0], options.Warmup / Turns), Turns, _ => { });
            List<Sample> samples = [];
            foreach (int connections in options.Connections)
            {
                Say($"Cluster of {silos}: {connections} connections, {options.Rounds} rounds of {options.Duration.TotalSeconds:0.###} s each");
                samples.AddRange(await stage.MeasureAsync(rows, new RowLoad(connections, options.Duration), options.Rounds, Show));
            }

            sizes.Add(new ClusterSize(silos, samples));
        }

        return new ClusterFigures(await database.VersionAsync(cancelled), PostgresServer.Settings, sizes);
    }

    private IReadOnlyList<Row> RowsThatCanRun(bool hasRedis)
    {
        if (hasRedis || !options.Rows.Any(RowNames.NeedsRedis)) return options.Rows;
        notices.Add("redis-server is not installed (Debian package redis-server): the rows e are left out.");
        Row[] rest = [.. options.Rows.Where(row => !row.NeedsRedis())];
        return rest.Length > 0 ? rest : throw new SetupException($"--rows: {notices[^1]}");
    }

    private void Say(string line) => progress.WriteLine(line);

    private void Show(Sample sample) => progress.WriteLine(
        $"  {sample.Round + 1,2} {$"{sample.Row.Name()}{sample.Gateways}{sample.Silos}",-15} {sample.Rate,9:#,0}/s  p50 {sample.P50,7:0.000}  p99 {sample.P99,7:0.000} ms  cpu {sample.FrontCpu,5:0.0}"
        + (sample.Silos is null ? "" : $"+{sample.SiloCpu:0.0}")
        + $"+{sample.StoreCpu:0.0} µs  client {sample.ClientCpu:0.0} µs  others {sample.OthersBusy:0.00}  {sample.Allocated,6:#,0} B"
        + (sample.Calls is { } calls ? $"  {calls.RequestsPerCall:0.0} requests/call" : "")
        + (sample.Database is { } database ? $"  {database.RowsPerCommit:0} rows/commit  wal {database.LogBytes:0}  table {database.TableBytes:0}  index {database.IndexBytes:0} B" : "")
        + (sample.Unanswered + sample.Wrong > 0 ? $"  unanswered {sample.Unanswered}  WRONG {sample.Wrong}" : ""));
}
