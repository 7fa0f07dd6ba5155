using System.CommandLine;
using System.Globalization;
using CaptchaCluster.Bench.Experiments;
using CaptchaCluster.Bench.Rows;
using CaptchaCluster.Tests.Load;

namespace CaptchaCluster.Bench.CommandLine;

/// <summary>The command line: what can be said, and what is wrong with what was said.</summary>
internal sealed class BenchCommand
{
    private const string Description = """
        Measures /siteverify beside a bare Kestrel server and beside what one would build on Redis: in interleaved rounds, in one
        run, on one machine, with one load client.

        Ends with 0 where every verdict was the right one, with 1 where one was wrong, and with 2 where it could not be run. No speed
        makes it fail.

        For example:
          (nothing)                               the rows, at 64 and 256 connections
          --rows a,b --connections 64 --rounds 9
          --rows a --postgres --connections 256   gateways over PostgreSQL, little else
          --rows a --cluster                      a gateway before silos, little else
          --all --write tests/bench               everything, into tests/bench/RESULTS.md
        """;

    private static readonly int[] DefaultConnections = [64, 256];
    private static readonly int[] DefaultConnectionGrowth = [1, 8, 64, 256, 1000];
    private static readonly long[] DefaultLiveGrowth = [100_000, 1_000_000, 5_000_000, 10_000_000];
    private static readonly long[] DefaultPostgresLiveGrowth = [100_000, 1_000_000, 10_000_000];

    private readonly Option<string?> rows = new("--rows")
    {
        Description = $"Which, of {string.Join(",", RowNames.All.Select(RowNames.Name))}. Default: all whose servers are installed.",
    };

    private readonly Option<string?> connections = new("--connections") { Description = "Connections of the load client, each a table of its own. Default 64,256." };

    private readonly Option<int> rounds = new("--rounds") { Description = "Rounds; each has every row once.", DefaultValueFactory = _ => 5 };

    private readonly Option<double> seconds = new("--seconds") { Description = "Of each row in each round.", DefaultValueFactory = _ => 2.5 };

    private readonly Option<double> warmup = new("--warmup") { Description = "Seconds of each row before all, left out of the results.", DefaultValueFactory = _ => 6 };

    private readonly Option<bool> latency = new("--latency") { Description = "Latency at half of the peak rate (open loop)." };

    private readonly Option<string?> growth = new("--growth") { Description = "How throughput grows with connections: 1,8,64,256,1000." };

    private readonly Option<string?> live = new("--live")
    {
        Description = "How start, memory and throughput grow with the live redemptions of the ledger: 100000,1000000,5000000,10000000.",
    };

    private readonly Option<bool> postgres = new("--postgres")
    {
        Description = $"One to {PostgresStage.MostGateways} gateways over a private PostgreSQL (Debian package postgresql), beside the bare server.",
    };

    private readonly Option<string?> postgresLive = new("--postgres-live")
    {
        Description = "How throughput, log and processor time grow with the live redemptions in PostgreSQL: 100000,1000000,10000000.",
    };

    private readonly Option<bool> cluster = new("--cluster")
    {
        Description = $"A gateway before one to {ClusterStage.MostSilos} silos over a private PostgreSQL, and what they would need on many machines. Needs silo/ built.",
    };

    private readonly Option<bool> micro = new("--micro") { Description = "The pieces of the way alone." };

    private readonly Option<bool> all = new("--all") { Description = "All of these, where not said otherwise." };

    private readonly Option<string?> write = new("--write") { Description = "A directory that gets RESULTS.md and results/ with the plots and all figures." };

    private readonly Option<string?> directory = new("--directory")
    {
        Description = "Where ledgers and Redis's logs go, which are removed afterwards: a directory of the disk that is to be measured. Default: that of temporary files.",
    };

    /// <param name="run">What to do once all is understood; returns the exit code.</param>
    /// <param name="errors">Where complaints go.</param>
    public RootCommand Build(Func<BenchOptions, CancellationToken, Task<int>> run, TextWriter errors)
    {
        RootCommand command = new(Description) { rows, connections, rounds, seconds, warmup, latency, growth, live, postgres, postgresLive, cluster, micro, all, write, directory };
        command.SetAction(async (parsed, cancelled) =>
        {
            try
            {
                return await run(Read(parsed), cancelled);
            }
            catch (Exception) when (cancelled.IsCancellationRequested)
            {
                // Whatever failed: a terminal interrupts the servers too.
                await errors.WriteLineAsync("It was interrupted; what it had started has ended.");
            }
            catch (SetupException refusal)
            {
                await errors.WriteLineAsync(refusal.Message);
            }

            return ExitCode.NotRun;
        });
        return command;
    }

    private BenchOptions Read(ParseResult parsed)
    {
        bool hasAll = parsed.GetValue(all);
        return new BenchOptions
        {
            Rows = parsed.GetValue(rows) is { } names ? [.. Split(names).Select(RowOf)] : RowNames.All,
            Connections = Numbers(connections, DefaultConnections, isWanted: true),
            Rounds = Above(0, parsed.GetValue(rounds), "--rounds"),
            Duration = TimeSpan.FromSeconds(Above(0, parsed.GetValue(seconds), "--seconds")),
            Warmup = TimeSpan.FromSeconds(Above(0, parsed.GetValue(warmup), "--warmup")),
            HasLatency = hasAll || parsed.GetValue(latency),
            ConnectionGrowth = Numbers(growth, DefaultConnectionGrowth, hasAll),
            LiveGrowth = Numbers(live, DefaultLiveGrowth, hasAll),
            HasPostgres = hasAll || parsed.GetValue(postgres),
            PostgresLiveGrowth = Numbers(postgresLive, DefaultPostgresLiveGrowth, hasAll),
            HasCluster = hasAll || parsed.GetValue(cluster),
            HasMicro = hasAll || parsed.GetValue(micro),
            WriteTo = parsed.GetValue(write),
            Directory = Existing(parsed.GetValue(directory) ?? Path.GetTempPath()),
            Command = string.Join(' ', parsed.Tokens.Select(token => token.Value)),
        };

        T[] Numbers<T>(Option<string?> option, T[] usual, bool isWanted) where T : IParsable<T>, IComparable<T> =>
            parsed.GetValue(option) is { } text ? [.. Split(text).Select(number => NumberOf<T>(number, option.Name))] : isWanted ? usual : [];
    }

    private static Row RowOf(string name)
    {
        try
        {
            return RowNames.Parse(name);
        }
        catch (FormatException exception)
        {
            throw new SetupException($"--rows: {exception.Message}");
        }
    }

    private static T NumberOf<T>(string text, string option) where T : IParsable<T>, IComparable<T> =>
        T.TryParse(text, CultureInfo.InvariantCulture, out T? number)
            ? Above(default!, number, option)
            : throw new SetupException($"{option}: '{text}' is no number; write for example 64,256.");

    private static string Existing(string path) =>
        Directory.Exists(path) ? path : throw new SetupException($"--directory {path}: it is not there; make it, or choose another.");

    private static string[] Split(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static T Above<T>(T limit, T value, string option) where T : IComparable<T> =>
        value.CompareTo(limit) > 0 ? value : throw new SetupException($"{option} {value}: it must be more than {limit}.");
}
