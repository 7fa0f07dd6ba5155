using CaptchaCluster.Tests.Cluster.Processes;
using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Cluster.Redis;

/// <summary><c>Cluster:Clustering=redis</c>: who is in the cluster stands in Redis; what is redeemed in PostgreSQL, as ever.</summary>
[Collection(PostgresCollection.Name)]
public sealed class RedisClusteringTests(PostgresFixture server)
{
    private const string Password = "hunter2hunter2";
    private const string Redis = "--Cluster:Clustering=redis";

    [FactWithRedis]
    [Trait("Invariant", "I1")]
    public async Task A_silo_and_a_gateway_find_each_other_and_again_after_the_silo_was_killed()
    {
        await using RedisProcess redis = await RedisProcess.StartAsync(Password);
        await using ClusterProcesses cluster = new(server, await server.NewSchemaAsync());
        string[] way = [Redis, $"--Cluster:ConnectionString=127.0.0.1:{redis.Port},password={Password}"];
        ClusterProcesses.SiloPorts ports = ClusterProcesses.NewPorts();
        GatewayProcess silo = await cluster.StartSiloAsync(ports, way);
        GatewayProcess gateway = await cluster.StartGatewayAsync(way);
        RecordedRun run = new();
        await run.AddSitesAsync(gateway.Admin, 1);
        MintedToken[] tokens = await run.MintAsync(gateway.Admin, run.Sites[0], 2);
        Assert.Equal(Verdict.Success, await VerdictAsync(Submission.Of(tokens[0], "first")));

        silo.Kill();
        await silo.EndedAsync();
        Assert.Equal(Verdict.Unknown, (await run.SendAsync(gateway.Public, Submission.Of(tokens[1], "second"))).Verdict);
        await cluster.StartSiloAsync(ports, way);
        Assert.Equal(Verdict.Success, await VerdictAsync(Submission.Of(tokens[1], "second")));
        Assert.Equal(Verdict.Success, await VerdictAsync(Submission.Of(tokens[0], "first")));
        Assert.Equal(Verdict.Duplicate, await VerdictAsync(Submission.Of(tokens[0], "another")));

        // Who is connected goes on without it.
        await redis.KillAsync();
        Assert.Equal(Verdict.Duplicate, await VerdictAsync(Submission.Of(tokens[1], "another")));

        async Task<Verdict> VerdictAsync(Submission submission)
        {
            for (int attempt = 1; ; attempt++)
            {
                Answer answer = await run.SendAsync(gateway.Public, submission);
                if (!answer.IsUndecided || attempt == 20) return answer.Verdict;
            }
        }
    }

    [FactWithRedis]
    public async Task A_redis_that_cannot_be_used_is_told_in_one_line_that_shows_no_password()
    {
        await using RedisProcess redis = await RedisProcess.StartAsync("another password");
        await using ClusterProcesses cluster = new(server, await server.NewSchemaAsync());
        int nobody = ClusterProcesses.NewPorts().Silo;
        foreach ((string text, string refusal) in new[]
        {
            ($"127.0.0.1:{nobody},connectTimeout=1000,password={Password}", "The Redis of Cluster:ConnectionString cannot be used: "),
            ($"127.0.0.1:{redis.Port},connectTimeout=1000,password={Password}", "The Redis of Cluster:ConnectionString cannot be used: "),
            ($"Host=db;Password={Password}", "Cluster:ConnectionString cannot be read; with Cluster:Clustering=redis it is of the form host:port,password=…"),
            ($"password={Password}", "Cluster:ConnectionString names no host."),
        })
        {
            string[] way = [Redis, $"--Cluster:ConnectionString={text}"];
            foreach (GatewayExit exit in new[] { await cluster.StartRefusedSiloAsync(ClusterProcesses.NewPorts(), way), await cluster.StartRefusedGatewayAsync(way) })
            {
                Assert.Equal(2, exit.Code);
                Assert.StartsWith(refusal, exit.Errors);
                Assert.Single(exit.Errors.Trim().Split('\n'));
                Assert.DoesNotContain(Password, exit.Errors);
            }
        }
    }
}
