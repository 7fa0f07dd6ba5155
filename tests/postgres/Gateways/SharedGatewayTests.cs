using System.Net;
using System.Text.Json;
using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Postgres.Gateways;

/// <summary>Whatever one gateway has answered, every other one knows.</summary>
[Collection(PostgresCollection.Name)]
public sealed class SharedGatewayTests(PostgresServer server)
{
    [FactWithPostgres]
    [Trait("Invariant", "I8")]
    public async Task Two_gateways_over_one_database_answer_as_one()
    {
        string schema = await server.NewSchemaAsync();
        await using SharedGateways gateways = new(server, schema);
        GatewayProcess one = await gateways.StartAsync(), other = await gateways.StartAsync();
        RecordedRun run = new();
        await run.AddSitesAsync(one.Admin, 1);
        RecordedSite site = run.Sites[0];
        MintedToken[] tokens = await run.MintAsync(other.Admin, site, 4);
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
        using (JsonDocument look = await InspectAsync(one, tokens[1])) Assert.Equal("redeemed", look.RootElement.GetProperty("state").GetString());
        using (JsonDocument look = await InspectAsync(one, tokens[2])) Assert.Equal("unspent", look.RootElement.GetProperty("state").GetString());
        await site.DeleteAsync(other.Admin);
        Assert.Equal(Verdict.InvalidSecret, await VerdictAsync(one, Submission.Of(tokens[2], null)));
        Assert.Equal(0, (await one.TerminateAsync()).Code);
        Assert.Equal(0, (await other.TerminateAsync()).Code);
        CheckReport report = HistoryChecker.Check(run.Snapshot());
        Assert.True(report.IsClean, report.ToString());

        async Task<Verdict> VerdictAsync(GatewayProcess gateway, Submission submission) => (await run.SendAsync(gateway.Public, submission)).Verdict;
    }

    [FactWithPostgres]
    [Trait("Invariant", "I9")]
    public async Task A_gateway_whose_database_is_gone_is_not_ready_grants_nothing_and_comes_back_by_itself()
    {
        string schema = await server.NewSchemaAsync();
        await using SharedGateways gateways = new(server, schema);
        GatewayProcess gateway = await gateways.StartAsync();
        RecordedRun run = new();
        await run.AddSitesAsync(gateway.Admin, 1);
        MintedToken[] tokens = await run.MintAsync(gateway.Admin, run.Sites[0], 2);
        Submission first = Submission.Of(tokens[0], "first");
        Assert.Equal(Verdict.Success, (await run.SendAsync(gateway.Public, first)).Verdict);
        await server.KillAsync();
        try
        {
            Assert.True((await run.SendAsync(gateway.Public, first)).IsUndecided);
            Assert.True((await run.SendAsync(gateway.Public, Submission.Of(tokens[1], "other"))).IsUndecided);
            while (await gateway.HealthAsync("/healthz/ready") != HttpStatusCode.ServiceUnavailable) await Task.Delay(50);
            Assert.Equal(HttpStatusCode.OK, await gateway.HealthAsync("/healthz/live"));
        }
        finally
        {
            await server.StartAsync();
        }

        while (await gateway.HealthAsync("/healthz/ready") != HttpStatusCode.OK) await Task.Delay(50);
        Assert.Equal(Verdict.Success, (await run.SendAsync(gateway.Public, first)).Verdict);
        Assert.Equal(Verdict.Success, (await run.SendAsync(gateway.Public, Submission.Of(tokens[1], "other"))).Verdict);
    }

    private static async Task<JsonDocument> InspectAsync(GatewayProcess gateway, MintedToken token)
    {
        using HttpResponseMessage response = await gateway.Admin.Http.PostAsync(
            "/admin/v1/tokens/inspect", new StringContent(JsonSerializer.Serialize(new { token = token.Text }), System.Text.Encoding.UTF8, "application/json"));
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync());
    }
}
