using System.Reflection;
using CaptchaCluster.Tests.Chaos.CommandLine;
using CaptchaCluster.Tests.Chaos.Deployments.Postgres;
using CaptchaCluster.Tests.Chaos.Epochs;
using CaptchaCluster.Tests.Chaos.Summary;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace CaptchaCluster.Tests.Postgres.Gateways;

/// <summary>Four gateways over one database, every kind of fault but one once at least, and one result for each kind.</summary>
[Collection(PostgresCollection.Name)]
[Trait("Invariant", "I1-I9")]
public sealed class ChaosTests(ChaosTests.ShortRun run, ITestOutputHelper output) : IClassFixture<ChaosTests.ShortRun>
{
    [FactWithPostgres]
    public void Nothing_that_was_broken_broke_a_promise()
    {
        output.WriteLine(run.Report.Compose());
        Assert.True(run.Report.ExitCode == Chaos.ExitCode.AllRight, run.Report.Compose());
    }

    [Theory]
    [NeedsMore("clock-within")]
    [NeedsMore("clock-beyond")]
    public void What_cannot_be_broken_everywhere_was_broken(string kind) => Assert.True(run.Report.Bites(kind) > 0, run.Report.Compose());

    /// <summary>Leaves its folder where something failed.</summary>
    public sealed class ShortRun : IAsyncLifetime
    {
        internal ChaosReport Report { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            PostgresDeployment deployment = new();
            if (deployment.WhyNot is not null) return;
            string folder = Directory.CreateTempSubdirectory("captchacluster-chaos-").FullName;

            // On a slow machine the callers are not to take what the database needs to come back. A partition falls due only every
            // five minutes, which longer runs wait for: here PurgeRaceTests sees to that.
            ChaosOptions options = new()
            {
                Deployment = deployment,
                Faults = [.. deployment.Faults.Where(fault => fault.Kind != "purge")],
                Duration = TimeSpan.FromSeconds(90),
                Rate = 1500,
                Seed = ProcessSeed.Value,
                Folder = folder,
            };
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
            PostgresDeployment deployment = new();
            this.kind = kind;
            string? obstacle = deployment.WhyNot ?? deployment.Faults.Single(fault => fault.Kind == kind).WhyNot;
            Skip = obstacle is null ? null : $"{kind}: {obstacle}";
        }

        public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[kind]];
    }
}
