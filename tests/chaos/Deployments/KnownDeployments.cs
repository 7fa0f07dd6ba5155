using CaptchaCluster.Tests.Chaos.Deployments.Cluster;
using CaptchaCluster.Tests.Chaos.Deployments.Embedded;
using CaptchaCluster.Tests.Chaos.Deployments.Postgres;

namespace CaptchaCluster.Tests.Chaos.Deployments;

internal static class KnownDeployments
{
    /// <summary>The first is what is run unless another is asked for.</summary>
    public static IReadOnlyList<IDeployment> All { get; } = [new EmbeddedDeployment(), new PostgresDeployment(), new ClusterDeployment()];
}
