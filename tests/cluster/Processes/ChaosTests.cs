using System.Reflection;
using CaptchaCluster.Tests.Chaos.CommandLine;
using CaptchaCluster.Tests.Chaos.Deployments.Cluster;
using CaptchaCluster.Tests.Chaos.Epochs;
using CaptchaCluster.Tests.Chaos.Summary;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace CaptchaCluster.Tests.Cluster.Processes;

/// <summary>
/// Three silos and two gateways, each in a network of its own where that can be made, under load while secrets are rotated and
/// sites disabled: what only a cluster can suffer, and one result for each kind.
/// </summary>
[Collection(PostgresCollection.Name)]
[Trait("Invariant", "I1-I9")]
public sealed class ChaosTests(ChaosTests.ShortRun run, ITestOutputHelper output) : IClassFixture<ChaosTests.ShortRun>
{
    // The others are for longer runs; a silo that is killed or stopped is LostSiloTests' and RollingRestartTests'.
    private static readonly string[] Kinds = ["crash", "silo-hang", "net-silos", "net-oneway", "net-database", "net-gateway"];

    [FactWithPostgres]
    public void Nothing_that_was_broken_broke_a_promise()
    {
        output.WriteLine(run.Report.Compose());
        Assert.True(run.Report.ExitCode == Chaos.ExitCode.AllRight, run.Report.Compose());
    }

    [FactWithPostgres]
    public void Shards_have_moved_and_the_ledger_kept_their_owners_apart()
    {
        Assert.True(run.Report.Seen(ClusterStage.Moved) > 0, run.Report.Compose());
        Assert.True(run.Report.Seen(ClusterStage.Conflicts) > 0, run.Report.Compose());
        Assert.True(run.Report.Seen(ClusterStage.VotedOut) > 0, run.Report.Compose());
    }

    [Theory]
    [NeedsMore("net-silos")]
    [NeedsMore("net-oneway")]
    [NeedsMore("net-database")]
    [NeedsMore("net-gateway")]
    public void What_cannot_be_broken_everywhere_was_broken(string kind) => Assert.True(run.Report.Bites(kind) > 0, run.Report.Compose());

    /// <summary>Leaves its folder where something failed.</summary>
    public sealed class ShortRun : IAsyncLifetime
    {
        internal ChaosReport Report { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            ClusterDeployment deployment = new();
            if (PostgresFixture.WhyNot is not null) return;
            Assert.Null(deployment.WhyNot);
            string folder = Directory.CreateTempSubdirectory("captchacluster-chaos-").FullName;
            ChaosOptions options = new()
            {
                Deployment = deployment,
                Faults = [.. deployment.Faults.Where(fault => Kinds.Contains(fault.Kind))],
                Duration = TimeSpan.FromSeconds(30), // or longer, until each kind has had its effect
                Rate = 800,
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
            ClusterDeployment deployment = new();
            this.kind = kind;
            string? obstacle = deployment.WhyNot ?? deployment.Faults.Single(fault => fault.Kind == kind).WhyNot;
            Skip = obstacle is null ? null : $"{kind}: {obstacle}";
        }

        public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[kind]];
    }
}
