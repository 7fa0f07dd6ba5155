using System.Net;
using System.Text.Json;
using CaptchaCluster.Tests.Cluster.Admin;
using CaptchaCluster.Tests.Cluster.Processes;
using CaptchaCluster.Tests.Contracts;
using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Cluster.Single;

/// <summary>Gateways before one silo over its embedded ledger: what holds over a database holds here.</summary>
[Collection(PostgresCollection.Name)] // none of the others is to take the processors meanwhile
public sealed class SoleSiloTests
{
    [Fact]
    [Trait("Invariant", "I8")]
    public async Task Two_gateways_before_it_answer_as_one()
    {
        await using SoleSilo sole = new();
        await sole.StartSiloAsync();
        GatewayProcess[] gateways = await Task.WhenAll(sole.StartGatewayAsync(), sole.StartGatewayAsync());
        await GatewaysContract.AnswerAsOneAsync(gateways[0], gateways[1], spent: 36); // one for each shard, as a rule
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public async Task Where_it_is_a_gateway_itself_another_before_it_answers_as_it_does()
    {
        await using SoleSilo sole = new();
        GatewayProcess both = await sole.StartBothAsync();
        await GatewaysContract.AnswerAsOneAsync(both, await sole.StartGatewayAsync());
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public async Task Changes_of_one_site_through_several_gateways_take_turns()
    {
        await using SoleSilo sole = new();
        await sole.StartSiloAsync();
        GatewayProcess[] gateways = await Task.WhenAll(sole.StartGatewayAsync(), sole.StartGatewayAsync());
        string key = (await gateways[0].Admin.CreateSiteAsync("a site")).GetProperty("sitekey").GetString()!;
        JsonElement[] replies = await Task.WhenAll(Enumerable.Range(0, 12).Select(i =>
            gateways[i % 2].Admin.RotateAsync(key, immediately: true, $"rotation-{i}-{Guid.NewGuid()}")));
        Assert.Equal(Enumerable.Range(2, 12), replies.Select(reply => reply.GetProperty("generation").GetInt32()).Order());
    }

    /// <summary>Nothing but the push brings a policy to a gateway that nobody asks about the site.</summary>
    [Fact]
    public async Task A_change_at_one_gateway_comes_to_the_other_by_itself()
    {
        await using SoleSilo sole = new();
        await sole.StartSiloAsync();
        GatewayProcess[] gateways = await Task.WhenAll(sole.StartGatewayAsync(), sole.StartGatewayAsync());
        RecordedRun run = new();
        await run.AddSitesAsync(gateways[0].Admin, 1);
        MintedToken[] tokens = await run.MintAsync(gateways[1].Admin, run.Sites[0], 1);
        Assert.Equal(Verdict.Success, (await run.SendAsync(gateways[1].Public, Submission.Of(tokens[0], "first"))).Verdict);

        using StringContent policy = new("""{"hostnames":["other.example"],"enforce_hostname":true}""", System.Text.Encoding.UTF8, "application/json");
        using HttpResponseMessage changed = await gateways[0].Admin.Http.PatchAsync($"/admin/v1/sites/{run.Sites[0].Key}", policy);
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        using CancellationTokenSource patience = new(GatewayProcess.Patience);
        Verdict verdict;
        while ((verdict = (await run.SendAsync(gateways[1].Public, Submission.Of(tokens[0], "first"))).Verdict) == Verdict.Success) await Task.Delay(20, patience.Token);
        Assert.Equal(Verdict.Refused, verdict);
    }

    [Fact]
    public async Task What_was_administered_at_one_gateway_is_told_and_obeyed_at_the_other()
    {
        await using SoleSilo sole = new();
        Dictionary<int, string> names = new() { [sole.Ports.Silo] = "silo" };
        GatewayProcess silo = await sole.StartSiloAsync();
        GatewayProcess one = await StartGatewayAsync("one"), other = await StartGatewayAsync("other");
        (string id, string token) = await Administration.MakeTokenAsync(one);
        Assert.Equal(HttpStatusCode.NotFound, await Administration.LookAsync(other, token));
        Assert.Equal(
            ["silo start", "one start", "other start", "one management-tokens.create", "one management-tokens.create"],
            await Administration.AuditAsync(other, names));

        using HttpResponseMessage revoked = await other.Admin.Http.DeleteAsync($"/admin/v1/management-tokens/{id}");
        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await Administration.LookAsync(one, token));
        Assert.Equal(HttpStatusCode.Unauthorized, await Administration.LookAsync(other, token));

        (_, token) = await Administration.MakeTokenAsync(other);
        Assert.Equal(0, (await silo.TerminateAsync()).Code);
        await sole.StartSiloAsync();
        Assert.Equal(HttpStatusCode.NotFound, await Administration.LookUntilKnownAsync(one, token));
        Assert.Equal(["silo start", "silo stop", "silo start"], (await Administration.AuditAsync(one, names)).Where(entry => entry.StartsWith("silo ", StringComparison.Ordinal)));

        Task<GatewayProcess> StartGatewayAsync(string name)
        {
            int port = ClusterProcesses.NewPorts().Gateway;
            names.Add(port, name);
            return sole.StartGatewayAsync($"--Gateway:Listen=http://127.0.0.1:{port}");
        }
    }

    /// <summary>All of its sites are of one version, as each had its own there.</summary>
    [Fact]
    [Trait("Invariant", "I1")]
    public async Task It_goes_on_over_the_data_directory_of_a_single_node_and_a_single_node_over_its_own()
    {
        await using SoleSilo sole = new();
        RecordedRun run = new();
        List<Submission> acknowledged = [];
        GatewayProcess node = await sole.StartSingleNodeAsync();
        await run.AddSitesAsync(node.Admin, 5);
        await RedeemAsync(node);
        Assert.Equal(0, (await node.TerminateAsync()).Code);

        GatewayProcess silo = await sole.StartSiloAsync();
        GatewayProcess gateway = await sole.StartGatewayAsync();
        foreach (RecordedSite site in run.Sites.Take(2)) Assert.True(await site.RotateAsync(gateway.Admin, immediately: true));
        await RedeemAsync(gateway);
        Assert.Equal(0, (await gateway.TerminateAsync()).Code);
        Assert.Equal(0, (await silo.TerminateAsync()).Code);
        await RedeemAsync(await sole.StartSingleNodeAsync());
        CheckReport report = HistoryChecker.Check(run.Snapshot());
        Assert.True(report.IsClean, report.ToString());

        async Task RedeemAsync(GatewayProcess at)
        {
            foreach (Submission submission in acknowledged)
            {
                Assert.Equal(Verdict.Success, (await run.SendAsync(at.Public, submission.Again())).Verdict);
                Assert.Equal(Verdict.Duplicate, (await run.SendAsync(at.Public, submission.Again() with { IdempotencyKey = "another" })).Verdict);
            }

            foreach (MintedToken token in await run.MintAsync(at.Admin, countPerSite: 3))
            {
                Submission submission = Submission.Of(token, $"submission {acknowledged.Count}");
                Assert.Equal(Verdict.Success, (await run.SendAsync(at.Public, submission)).Verdict);
                acknowledged.Add(submission);
            }
        }
    }
}
