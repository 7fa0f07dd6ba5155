using CaptchaCluster.Tests.Chaos;
using CaptchaCluster.Tests.Chaos.CommandLine;
using CaptchaCluster.Tests.Chaos.Epochs;
using CaptchaCluster.Tests.Chaos.Summary;

namespace CaptchaCluster.Tests.Contracts.Chaos;

/// <summary>One short run of tests/chaos, which the tests of a class ask about. Leaves its folder where something failed.</summary>
public abstract class ShortChaos : IAsyncLifetime
{
    internal ChaosReport Report { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"captchacluster-chaos-{Guid.NewGuid():N}");
        ChaosOptions options = Plan(folder, Processes.ProcessSeed.Value);
        if (options.Deployment.WhyNot is not null) return;
        Directory.CreateDirectory(folder);
        Report = await new ChaosRun(options, TextWriter.Null).RunAsync(CancellationToken.None);
        if (Report.ExitCode == ExitCode.AllRight) Directory.Delete(folder, recursive: true);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void RequireNoViolation() => Assert.True(Report.ExitCode == ExitCode.AllRight, Report.Compose());

    public void RequireBite(string kind) => Assert.True(Report.Bites(kind) > 0, Report.Compose());

    private protected abstract ChaosOptions Plan(string folder, int seed);
}
