using CaptchaCluster.Tests.Chaos.CommandLine;
using CaptchaCluster.Tests.Chaos.Deployments.Embedded;
using CaptchaCluster.Tests.Contracts.Chaos;
using Xunit.Abstractions;

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
        run.RequireNoViolation();
    }

    [Theory]
    [NeedsFault(typeof(EmbeddedDeployment), "fsync-error")]
    [NeedsFault(typeof(EmbeddedDeployment), "slow-disk")]
    [NeedsFault(typeof(EmbeddedDeployment), "full-disk")]
    [NeedsFault(typeof(EmbeddedDeployment), "clock-within")]
    [NeedsFault(typeof(EmbeddedDeployment), "clock-beyond")]
    public void What_cannot_be_broken_everywhere_was_broken(string kind) => run.RequireBite(kind);

    public sealed class TwoMinutes : ShortChaos
    {
        private protected override ChaosOptions Plan(string folder, int seed) => new() { Seed = seed, Folder = folder };
    }
}
