using CaptchaCluster.Tests.Processes.Postgres;

namespace CaptchaCluster.Tests.Cluster.Redis;

/// <summary>Skipped where a server of PostgreSQL or of Redis is missing.</summary>
internal sealed class FactWithRedisAttribute : FactAttribute
{
    public FactWithRedisAttribute() => Skip = PostgresServer.WhyNot ?? RedisProcess.WhyNot;
}
