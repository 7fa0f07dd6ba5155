using CaptchaCluster.Tests.Processes.Postgres;

namespace CaptchaCluster.Tests.Postgres.Deployment;

/// <summary>Skipped where a server of PostgreSQL or nginx is missing.</summary>
internal sealed class FactWithBalancerAttribute : FactAttribute
{
    public FactWithBalancerAttribute() => Skip = PostgresServer.WhyNot ?? (HasNginx ? null : "needs nginx (Debian: nginx-light)");

    private static bool HasNginx =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Any(folder => File.Exists(Path.Combine(folder, "nginx")));
}
