using System.Text.Json;
using CaptchaCluster.Bench;
using CaptchaCluster.Bench.Experiments;
using CaptchaCluster.Bench.Rows;
using CaptchaCluster.Bench.Servers;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Cluster.Bench;

/// <summary>The benchmark of a cluster with its real processes, as short as it can be. Says nothing of speed.</summary>
[Collection(PostgresCollection.Name)]
public sealed class ClusterBenchTests : IDisposable
{
    private readonly TestDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [FactWithPostgres]
    public async Task One_to_three_silos_are_measured_with_right_verdicts_only_and_projected()
    {
        Assert.Null(ClusterProgram.Missing);
        Tool.Run("chmod", "755", directory.Root); // PostgreSQL runs as a user of its own where we are root
        string work = Directory.CreateDirectory(Path.Combine(directory.Root, "work")).FullName;
        string report = Path.Combine(directory.Root, "report");
        using StringWriter output = new();
        using StringWriter errors = new();
        int code = await BenchProgram.RunAsync(
            ["--rows", "a", "--connections", "3", "--rounds", "1", "--seconds", "0.5", "--warmup", "0.3", "--cluster", "--directory", work, "--write", report],
            TimeProvider.System,
            output,
            errors);
        Assert.True(code == 0, $"{output}\n{errors}");
        Assert.Empty(Directory.EnumerateFileSystemEntries(work));

        using JsonDocument figures = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(report, "results", "figures.json")));
        JsonElement[] sizes = [.. figures.RootElement.GetProperty("cluster").GetProperty("sizes").EnumerateArray()];
        Assert.Equal([1, 2, 3], sizes.Select(size => size.GetProperty("silos").GetInt32()));
        foreach (JsonElement size in sizes)
        {
            int silos = size.GetProperty("silos").GetInt32();
            JsonElement[] samples = [.. size.GetProperty("samples").EnumerateArray()];
            Assert.Equal(
                ClusterStage.RowsOf(silos).Select(row => row.ToString()).Order(),
                samples.Select(sample => sample.GetProperty("row").GetString()).Order());
            foreach (JsonElement sample in samples) RequireSample(sample, silos);
        }

        Assert.True(figures.RootElement.GetProperty("cluster_costs").GetProperty("silo").GetDouble() > 0);
        Assert.Contains("\n| 1,000,000 | ", await File.ReadAllTextAsync(Path.Combine(report, "RESULTS.md")));
    }

    private static void RequireSample(JsonElement sample, int silos)
    {
        Assert.True(sample.GetProperty("answered").GetInt64() > 0, $"{sample}");
        Assert.Equal(0, sample.GetProperty("wrong").GetInt64());
        string? row = sample.GetProperty("row").GetString();
        if (row is not (nameof(Row.Hop) or nameof(Row.Cluster) or nameof(Row.SoleSilo))) return;

        Assert.Equal(silos, sample.GetProperty("silos").GetInt32());
        Assert.True(sample.GetProperty("silo_cpu").GetDouble() > 0, $"{sample}");
        Assert.InRange(sample.GetProperty("calls").GetProperty("requests_per_call").GetDouble(), 1, sample.GetProperty("connections").GetInt32());
        if (row == nameof(Row.SoleSilo)) return;
        Assert.InRange(sample.GetProperty("database").GetProperty("rows_per_commit").GetDouble(), 0.5, row == nameof(Row.Hop) ? double.MaxValue : sample.GetProperty("connections").GetInt32());
    }
}
