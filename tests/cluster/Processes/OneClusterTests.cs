using System.Text;
using System.Text.Json;
using CaptchaCluster.Tests.History;
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
        (GatewayProcess one, GatewayProcess other) = (gateways[0], gateways[1]);
        RecordedRun run = new();
        await run.AddSitesAsync(one.Admin, 1);
        RecordedSite site = run.Sites[0];
        MintedToken[] tokens = await run.MintAsync(other.Admin, site, 40);

        // One for each shard, as a rule: all of them answer from now on.
        foreach (MintedToken token in tokens[4..]) Assert.Equal(Verdict.Success, await VerdictAsync(one, Submission.Of(token, null)));

        Submission first = Submission.Of(tokens[0], "first");
        Assert.Equal(Verdict.Success, await VerdictAsync(one, first));
        Assert.Equal(Verdict.Success, await VerdictAsync(other, first));
        Assert.Equal(Verdict.Duplicate, await VerdictAsync(other, Submission.Of(tokens[0], "second")));
        Assert.Equal(Verdict.Duplicate, await VerdictAsync(one, Submission.Of(tokens[0], null)));
        for (int round = 0; round < 5; round++)
        {
            Submission old = Submission.Of(tokens[1], "old");
            Assert.True(await site.RotateAsync((round % 2 == 0 ? one : other).Admin, immediately: true));
            foreach (GatewayProcess gateway in new[] { other, one })
            {
                Assert.Equal(Verdict.InvalidSecret, await VerdictAsync(gateway, old));
                Assert.Equal(Verdict.InvalidSecret, await VerdictAsync(gateway, first)); // no replay with the old secret either
                Assert.Equal(Verdict.Success, await VerdictAsync(gateway, first.Again()));
            }

            Assert.True(await site.SetDisabledAsync(one.Admin, disabled: true));
            Assert.Equal(Verdict.InvalidSecret, await VerdictAsync(other, first.Again()));
            Assert.True(await site.SetDisabledAsync(one.Admin, disabled: false));
            Assert.Equal(Verdict.Success, await VerdictAsync(other, first.Again()));
        }

        Assert.Equal(Verdict.Success, await VerdictAsync(other, Submission.Of(tokens[1], "now")));
        Assert.Equal("redeemed", await StateAsync(one, tokens[1]));
        Assert.Equal("unspent", await StateAsync(one, tokens[2]));
        await site.DeleteAsync(other.Admin);
        Assert.Equal(Verdict.InvalidSecret, await VerdictAsync(one, Submission.Of(tokens[2], null)));
        CheckReport report = HistoryChecker.Check(run.Snapshot());
        Assert.True(report.IsClean, report.ToString());

        async Task<Verdict> VerdictAsync(GatewayProcess gateway, Submission submission) => (await run.SendAsync(gateway.Public, submission)).Verdict;
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

    private static async Task<string?> StateAsync(GatewayProcess gateway, MintedToken token)
    {
        using StringContent content = new(JsonSerializer.Serialize(new { token = token.Text }), Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await gateway.Admin.Http.PostAsync("/admin/v1/tokens/inspect", content);
        return JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("state").GetString();
    }
}
