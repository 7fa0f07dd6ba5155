using System.Text.Json;
using System.Text.RegularExpressions;
using CaptchaCluster.Bench;
using CaptchaCluster.Bench.Rows;
using CaptchaCluster.Bench.Servers;
using CaptchaCluster.Tests.Gateway.Processes;
using CaptchaCluster.Tests.Load;
using PostgresPrograms = CaptchaCluster.Tests.Processes.Postgres.PostgresPrograms;

namespace CaptchaCluster.Tests.Gateway.Bench;

/// <summary>The whole benchmark with its real servers, as short as it can be. Says nothing of speed.</summary>
[Collection(ProcessCollection.Name)]
public sealed partial class BenchProgramTests : IDisposable
{
    private static readonly string[] Always = ["a", "a-inline", "b", "c", "d"];
    private static readonly string[] WithRedis = [.. Always, "e-always", "e-everysec", "e-thin-always", "e-thin-everysec"];

    private readonly TestDirectory directory = new();
    private readonly StringWriter output = new();
    private readonly StringWriter errors = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Every_row_is_measured_with_right_verdicts_only_and_reported()
    {
        Tool.Run("chmod", "755", directory.Root); // PostgreSQL runs as a user of its own where we are root
        string work = Directory.CreateDirectory(Path.Combine(directory.Root, "work")).FullName;
        string report = Path.Combine(directory.Root, "report");
        int code = await RunAsync(
            "--connections", "3", "--rounds", "1", "--seconds", "0.5", "--warmup", "0.3", "--latency", "--growth", "2", "--live", "1000",
            "--postgres", "--postgres-live", "500,2000",
            "--directory", work, "--write", report);
        Assert.True(code == ExitCode.AllRight, $"{output}\n{errors}");
        Assert.Empty(Directory.EnumerateFileSystemEntries(work));

        string[] rows = RedisServer.Version() is null ? Always : WithRedis;
        using JsonDocument figures = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(report, "results", "figures.json")));
        Assert.Equal(rows.Length, figures.RootElement.GetProperty("rows").GetArrayLength());
        JsonElement[] samples = [.. Samples(figures.RootElement)];
        Assert.All(samples, sample => Assert.True(sample.GetProperty("answered").GetInt64() > 0, $"{sample}\n{errors}"));
        Assert.All(samples, sample => Assert.Equal(0, sample.GetProperty("wrong").GetInt64()));
        Assert.Equal([0, 1000], figures.RootElement.GetProperty("by_live_redemptions").EnumerateArray().Select(point => point.GetProperty("live").GetInt64()));

        bool hasPostgres = PostgresPrograms.Missing is null;
        if (hasPostgres) RequirePostgres(figures.RootElement.GetProperty("postgres"));

        string page = await File.ReadAllTextAsync(Path.Combine(report, "RESULTS.md"));
        Assert.All(rows, row => Assert.Contains($"\n| {row} | ", page));
        string[] pictures = [.. Picture().Matches(page).Select(match => match.Groups[1].Value)];
        Assert.Equal(hasPostgres ? 9 : 6, pictures.Length);
        Assert.All(pictures, picture => Assert.StartsWith("<svg ", File.ReadAllText(Path.Combine(report, picture))));
    }

    [Theory]
    [InlineData("--rows a,x", "'x' is no row; there are a,a-inline,b,")]
    [InlineData("--connections 64,many", "--connections: 'many' is no number")]
    [InlineData("--live 0", "--live 0: it must be more than 0")]
    [InlineData("--postgres-live 1k", "--postgres-live: '1k' is no number")]
    [InlineData("--rounds 0", "--rounds 0: it must be more than 0")]
    [InlineData("--write /proc/nowhere", "--write /proc/nowhere: ")]
    [InlineData("--directory /no/such/directory", "--directory /no/such/directory")]
    [InlineData("--colour red", "--colour")]
    public async Task A_command_line_that_makes_no_sense_is_told_and_ends_with_2(string arguments, string told)
    {
        Assert.Equal(ExitCode.NotRun, await RunAsync(arguments.Split(' ')));
        Assert.Contains(told, errors.ToString());
    }

    private static void RequirePostgres(JsonElement figures)
    {
        JsonElement[] rows = [.. figures.GetProperty("rows").EnumerateArray()];
        Assert.Equal(
            [null, 1, 2, 3, 4],
            rows.Select(sample => sample.GetProperty("gateways")).Select(count => count.ValueKind == JsonValueKind.Null ? (int?)null : count.GetInt32()).Order());
        JsonElement[] points = [.. figures.GetProperty("live").EnumerateArray()];
        Assert.Equal([500, 2000], points.Select(point => point.GetProperty("live").GetInt64()));
        foreach (JsonElement sample in rows.Concat(points.SelectMany(point => point.GetProperty("samples").EnumerateArray())))
        {
            Assert.True(sample.GetProperty("answered").GetInt64() > 0, $"{sample}");
            Assert.Equal(0, sample.GetProperty("wrong").GetInt64());
            if (sample.GetProperty("row").GetString() == nameof(Row.Bare)) continue;

            // Each redemption writes its row, its index entry and the log of both; a commit has one at least.
            JsonElement database = sample.GetProperty("database");
            Assert.InRange(database.GetProperty("log_bytes").GetDouble(), 100, double.MaxValue);
            int connections = sample.GetProperty("connections").GetInt32();
            Assert.InRange(database.GetProperty("rows_per_commit").GetDouble(), 0.5, connections); // the server may write too
            Assert.True(sample.GetProperty("store_cpu").GetDouble() > 0, $"{sample}");
        }
    }

    private static IEnumerable<JsonElement> Samples(JsonElement figures) =>
    [
        .. figures.GetProperty("rows").EnumerateArray(),
        .. figures.GetProperty("latency_at_half_peak").EnumerateArray(),
        .. figures.GetProperty("by_connections").EnumerateArray(),
        .. figures.GetProperty("by_live_redemptions").EnumerateArray().SelectMany(point => point.GetProperty("samples").EnumerateArray()),
    ];

    private Task<int> RunAsync(params string[] arguments) => BenchProgram.RunAsync(arguments, TimeProvider.System, output, errors);

    [GeneratedRegex(@"!\[[^]]+\]\(([^)]+)\)")]
    private static partial Regex Picture();
}
