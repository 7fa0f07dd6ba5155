using CaptchaCluster.Tests.Chaos.CommandLine;
using CaptchaCluster.Tests.Chaos.Deployments.Postgres;
using CaptchaCluster.Tests.Contracts.Chaos;
using CaptchaCluster.Tests.Postgres.Server;
using Xunit.Abstractions;

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
        run.RequireNoViolation();
    }

    [Theory]
    [NeedsFault(typeof(PostgresDeployment), "clock-within")]
    [NeedsFault(typeof(PostgresDeployment), "clock-beyond")]
    public void What_cannot_be_broken_everywhere_was_broken(string kind) => run.RequireBite(kind);

    public sealed class ShortRun : ShortChaos
    {
        private protected override ChaosOptions Plan(string folder, int seed)
        {
            PostgresDeployment deployment = new();

            // On a slow machine the callers are not to take what the database needs to come back. A partition falls due only every
            // five minutes, which longer runs wait for: here PurgeRaceTests sees to that.
            return new()
            {
                Deployment = deployment,
                Faults = [.. deployment.Faults.Where(fault => fault.Kind != "purge")],
                Duration = TimeSpan.FromSeconds(30), // or longer, until each kind has had its effect
                Rate = 1500,
                Seed = seed,
                Folder = folder,
            };
        }
    }
}
