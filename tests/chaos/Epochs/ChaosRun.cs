using System.Diagnostics;
using CaptchaCluster.Tests.Chaos.CommandLine;
using CaptchaCluster.Tests.Chaos.Summary;

namespace CaptchaCluster.Tests.Chaos.Epochs;

/// <summary>One epoch after the other until the time is up, or one fails.</summary>
internal sealed class ChaosRun(ChaosOptions options, TextWriter output)
{
    public async Task<ChaosReport> RunAsync(CancellationToken cancelled)
    {
        Directory.CreateDirectory(options.Folder);
        using RunLog log = new(Path.Combine(options.Folder, "events.log"));
        ChaosReport report = new(options);
        await output.WriteLineAsync($"seed {options.Seed}; the log is {log.Path}");
        foreach ((string kind, string why) in report.LeftOut) await output.WriteLineAsync($"LEFT OUT: {kind}: {why}");

        int fewest = options.Deployment.FewestEpochs;
        int epochs = Math.Max(fewest, (int)Math.Ceiling(options.Duration / options.Deployment.LongestEpoch));
        Stopwatch elapsed = Stopwatch.StartNew();
        for (int number = 0; (number < fewest || elapsed.Elapsed < options.Duration) && !cancelled.IsCancellationRequested; number++)
        {
            string folder = Path.Combine(options.Folder, $"epoch-{number:0000}");
            Directory.CreateDirectory(folder);
            EpochResult result = await new Epoch(options, number, options.Duration / epochs, folder, log).RunAsync(cancelled);
            report.Add(result, elapsed.Elapsed);
            log.Write($"epoch {number}: {result.Report?.Counts.ToString() ?? result.Failure}");
            if (!result.IsClean) break;
            Directory.Delete(folder, recursive: true);
        }

        await File.WriteAllTextAsync(Path.Combine(options.Folder, "summary.txt"), report.Compose(), CancellationToken.None);
        return report;
    }
}
