using System.Text.Json;
using CaptchaCluster.Tests.Contracts;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Cluster.Processes;

/// <summary>Whatever one gateway of a cluster has answered, every other one knows.</summary>
[Collection(PostgresCollection.Name)]
public sealed class OneClusterTests(PostgresFixture server)
{
    [FactWithPostgres]
    [Trait("Invariant", "I8")]
    public async Task Two_gateways_before_two_silos_answer_as_one()
    {
        await using ClusterProcesses cluster = new(server, await server.NewSchemaAsync());
        await Task.WhenAll(cluster.StartSiloAsync(ClusterProcesses.NewPorts()), cluster.StartSiloAsync(ClusterProcesses.NewPorts()));
        GatewayProcess[] gateways = await Task.WhenAll(cluster.StartGatewayAsync(), cluster.StartGatewayAsync());
        await GatewaysContract.AnswerAsOneAsync(gateways[0], gateways[1], spent: 36); // one for each shard, as a rule
    }

    /// <summary>
    /// Of many rotations at once through two gateways each makes a generation of its own, and the last one's secret is the one
    /// that holds.
    /// </summary>
    [FactWithPostgres]
    [Trait("Invariant", "I8")]
    public async Task Changes_of_one_site_through_several_gateways_take_turns()
    {
        await using ClusterProcesses cluster = new(server, await server.NewSchemaAsync());
        GatewayProcess one = await cluster.StartBothAsync(ClusterProcesses.NewPorts());
        GatewayProcess other = await cluster.StartGatewayAsync();
        JsonElement site = await one.Admin.CreateSiteAsync("a site");
        string key = site.GetProperty("sitekey").GetString()!;
        JsonElement[] replies = await Task.WhenAll(Enumerable.Range(0, 12).Select(i =>
            (i % 2 == 0 ? one : other).Admin.RotateAsync(key, immediately: true, $"rotation-{i}-{Guid.NewGuid()}")));
        Assert.Equal(Enumerable.Range(2, 12), replies.Select(reply => reply.GetProperty("generation").GetInt32()).Order());

        string id = $"rotation-{Guid.NewGuid()}";
        replies = await Task.WhenAll(new[] { one, other, one, other }.Select(gateway => gateway.Admin.RotateAsync(key, immediately: true, id)));
        Assert.Single(replies.Select(reply => reply.GetProperty("secret").GetString()).Distinct());
    }
}
