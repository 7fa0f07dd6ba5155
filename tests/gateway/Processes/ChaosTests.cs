using System.Reflection;
using CaptchaCluster.Tests.Chaos.CommandLine;
using CaptchaCluster.Tests.Chaos.Deployments.Embedded;
using CaptchaCluster.Tests.Chaos.Epochs;
using CaptchaCluster.Tests.Chaos.Summary;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace CaptchaCluster.Tests.Gateway.Processes;

/// <summary>Two minutes of everything that can be broken, and one result for each kind of fault.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Invariant", "I1-I9")]
public sealed class ChaosTests(ChaosTests.TwoMinutes run, ITestOutputHelper output) : IClassFixture<ChaosTests.TwoMinutes>
{
    [Fact]
    public void Nothing_that_was_broken_broke_a_promise()
    {
        output.WriteLine(run.Report.Compose());
        Assert.True(run.Report.ExitCode == Chaos.ExitCode.AllRight, run.Report.Compose());
    }

    [Theory]
    [NeedsMore("fsync-error")]
    [NeedsMore("slow-disk")]
    [NeedsMore("full-disk")]
    [NeedsMore("clock-within")]
    [NeedsMore("clock-beyond")]
    public void What_cannot_be_broken_everywhere_was_broken(string kind) => Assert.True(run.Report.Bites(kind) > 0, run.Report.Compose());

    /// <summary>Leaves its folder where something failed.</summary>
    public sealed class TwoMinutes : IAsyncLifetime
    {
        internal ChaosReport Report { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            string folder = Directory.CreateTempSubdirectory("captchacluster-chaos-").FullName;
            ChaosOptions options = new() { Seed = ProcessSeed.Value, Folder = folder };
            Report = await new ChaosRun(options, TextWriter.Null).RunAsync(CancellationToken.None);
            if (Report.ExitCode == Chaos.ExitCode.AllRight) Directory.Delete(folder, recursive: true);
        }

        public Task DisposeAsync() => Task.CompletedTask;
    }

    /// <summary>Skipped where this kind of fault cannot be made.</summary>
    [AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
    private sealed class NeedsMoreAttribute : DataAttribute
    {
        private readonly string kind;

        public NeedsMoreAttribute(string kind)
        {
            this.kind = kind;
            Skip = new EmbeddedDeployment().Faults.Single(fault => fault.Kind == kind).WhyNot is { } obstacle ? $"{kind}: {obstacle}" : null;
        }

        public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[kind]];
    }
}
