using CaptchaCluster.Tests.Chaos.CommandLine;
using CaptchaCluster.Tests.Chaos.Deployments.Cluster;
using CaptchaCluster.Tests.Contracts.Chaos;
using CaptchaCluster.Tests.Postgres.Server;
using Xunit.Abstractions;

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
    private static readonly string[] Kinds = ["silo-hang", "net-silos", "net-oneway", "net-database", "net-gateway"];

    [FactWithPostgres]
    public void Nothing_that_was_broken_broke_a_promise()
    {
        output.WriteLine(run.Report.Compose());
        run.RequireNoViolation();
    }

    [FactWithPostgres]
    public void Shards_have_moved_and_the_ledger_kept_their_owners_apart()
    {
        Assert.True(run.Report.Seen(ClusterStage.Moved) > 0, run.Report.Compose());
        Assert.True(run.Report.Seen(ClusterStage.Conflicts) > 0, run.Report.Compose());
        Assert.True(run.Report.Seen(ClusterStage.VotedOut) > 0, run.Report.Compose());
    }

    [Theory]
    [NeedsFault(typeof(ClusterDeployment), "net-silos")]
    [NeedsFault(typeof(ClusterDeployment), "net-oneway")]
    [NeedsFault(typeof(ClusterDeployment), "net-database")]
    [NeedsFault(typeof(ClusterDeployment), "net-gateway")]
    public void What_cannot_be_broken_everywhere_was_broken(string kind) => run.RequireBite(kind);

    public sealed class ShortRun : ShortChaos
    {
        private protected override ChaosOptions Plan(string folder, int seed)
        {
            ClusterDeployment deployment = new();
            return new()
            {
                Deployment = deployment,
                Faults = [.. deployment.Faults.Where(fault => Kinds.Contains(fault.Kind))],
                Duration = TimeSpan.FromSeconds(30), // or longer, until each kind has had its effect
                Rate = 800,
                Seed = seed,
                Folder = folder,
            };
        }
    }
}
